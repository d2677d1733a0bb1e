"""The method from top to bottom: every stage of a run, in order.

Cache keys, resuming, progress and the picture in the docs are derived from this list.
"""

from steadyface.stages import costs
from steadyface.stages import edit_settings as editing
from steadyface.stages import settings as inversion
from steadyface.stages.stage import Stage, with_ancestors

STAGES = (
    Stage("align", "following the face", "align.follow", (), inversion.Align.of, "track", cost=costs.follow),
    Stage("crop", "", "align.cut_out", ("align",), inversion.Crop.of, None, cost=costs.cut_out),
    Stage("person", "finding the person", "align.find_person", ("align", "crop"), inversion.Person.of, "aligned",
          cost=costs.find_person),
    Stage("keyframes", "", "invert.keyframes", ("person",), inversion.Keyframes.of, None),
    Stage("large", "", "full_size.cut_out", ("person", "keyframes"), inversion.Large.of, None),
    Stage("refine", "fitting the generator's codes", "invert.refine", ("person", "keyframes"),
          inversion.Refine.of, "synthesis",
          cost=costs.refine),
    Stage("tune", "teaching the generator this face", "invert.tune", ("refine", "person", "keyframes"),
          inversion.Tune.of, "synthesis", cost=costs.tune),
    Stage("adapt", "teaching it the edit", "invert.adapt", ("tune", "person", "keyframes"),
          editing.Adapt.of, "synthesis",
          cost=costs.adapt),
    Stage("calibrate", "setting the strength", "edit.calibrate", ("adapt", "person"), editing.Calibrate.of, "factors",
          cost=costs.calibrate),
    Stage("edit", "editing", "edit.apply", ("adapt", "calibrate", "person", "keyframes"), editing.Edit.of, "synthesis",
          cost=costs.edit),
    Stage("smooth", "smoothing the codes", "stabilise.smooth", ("edit", "person"), editing.Smooth.of, "synthesis"),
    Stage("target", "", "stabilise.scene", ("edit", "adapt", "person", "keyframes"),
          editing.TargetFrames.of, None,
          cost=costs.target),
    Stage("phase1", "steadying the codes", "stabilise.refine_codes", ("smooth", "target"), editing.FirstPhase.of,
          "synthesis", cost=costs.phase1),
    Stage("phase2", "steadying the generator", "stabilise.tune_generator", ("phase1", "target"),
          editing.SecondPhase.of, "synthesis", cost=costs.phase2),
    Stage("outlines", "", "outlines.outlines", ("align",), editing.Outline.of, None),
    Stage("compose", "fitting the seams", "compose.compose", ("phase2", "edit", "adapt", "person", "outlines"),
          editing.Compose.of, "compositor", version=2, cost=costs.compose),
    Stage("stitch", "smoothing the seams", "compose.stitch", ("phase2", "compose"), editing.Stitch.of, "synthesis",
          cost=costs.stitch),
    Stage("lips", "restoring the opening of the lips", "finish.preserve_lips",
          ("stitch", "compose", "adapt", "calibrate", "person", "keyframes"), editing.Lips.of, "synthesis",
          cost=costs.lips),
    Stage("dvp", "training the video prior", "stabilise.deep_video_prior", ("lips", "person"), editing.Prior.of,
          "network", cost=costs.prior),
    Stage("detail", "learning the details", "full_size.learn", ("lips", "adapt", "large", "keyframes"),
          inversion.Detail.of, "full size", cost=costs.detail),
    Stage("average", "", "finish.averager", ("person", "keyframes", "large", "detail", "lips", "adapt"),
          editing.Average.of, None, version=5),
    Stage("render", "writing the videos", "render.render",
          ("dvp", "average", "compose", "edit", "adapt", "refine", "calibrate", "person"), editing.Render.of, None,
          version=2, cost=costs.render),
)  # fmt: skip

INVERSION = with_ancestors(STAGES, "tune")
"""The stages whose artefacts serve every edit of a clip."""
