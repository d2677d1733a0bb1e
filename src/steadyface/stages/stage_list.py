"""The method from top to bottom: every stage of a run, in order.

Cache keys, resuming, progress and the picture in the docs are derived from this list.
"""

from steadyface.stages import edit_settings as editing
from steadyface.stages import settings as inversion
from steadyface.stages.stage import Stage, with_ancestors

STAGES = (
    Stage("align", "following the face", "align.follow", (), inversion.Align.of, "track", share=0.01),
    Stage("crop", "", "align.cut_out", ("align",), inversion.Crop.of, None),
    Stage("person", "finding the person", "align.find_person", ("align", "crop"), inversion.Person.of, "aligned",
          share=0.005),
    Stage("refine", "fitting the generator's codes", "invert.refine", ("person",), inversion.Refine.of, "synthesis",
          share=0.225),
    Stage("tune", "teaching the generator this face", "invert.tune", ("refine", "person"), inversion.Tune.of,
          "synthesis", share=0.17),
    Stage("adapt", "teaching it the edit", "invert.adapt", ("tune", "person"), editing.Adapt.of, "synthesis",
          share=0.175),
    Stage("calibrate", "setting the strength", "edit.calibrate", ("adapt", "person"), editing.Calibrate.of, "factors",
          share=0.015),
    Stage("edit", "editing", "edit.apply", ("adapt", "calibrate", "person"), editing.Edit.of, "synthesis", share=0.01),
    Stage("smooth", "smoothing the codes", "stabilise.smooth", ("edit",), editing.Smooth.of, "synthesis"),
    Stage("target", "", "stabilise.scene", ("edit", "adapt", "person"), editing.TargetFrames.of, None),
    Stage("phase1", "steadying the codes", "stabilise.refine_codes", ("smooth", "target"), editing.FirstPhase.of,
          "synthesis", share=0.07),
    Stage("phase2", "steadying the generator", "stabilise.tune_generator", ("phase1", "target"),
          editing.SecondPhase.of, "synthesis", share=0.25),
    Stage("outlines", "", "outlines.outlines", ("align",), editing.Outline.of, None),
    Stage("compose", "fitting the seams", "compose.compose", ("phase2", "edit", "adapt", "person", "outlines"),
          editing.Compose.of, "compositor", share=0.01),
    Stage("stitch", "smoothing the seams", "compose.stitch", ("phase2", "compose"), editing.Stitch.of, "synthesis",
          share=0.02),
    Stage("average", "", "finish.averager", ("phase2", "edit", "person"), editing.Average.of, None),
    Stage("lips", "restoring the opening of the lips", "finish.preserve_lips",
          ("stitch", "average", "compose", "adapt", "calibrate", "person"), editing.Lips.of, "synthesis",
          share=0.02),
    Stage("dvp", "training the video prior", "stabilise.deep_video_prior", ("lips", "person"), editing.Prior.of,
          "network"),
    Stage("render", "writing the videos", "render.render",
          ("dvp", "average", "compose", "edit", "adapt", "refine", "calibrate", "person"), editing.Render.of, None,
          share=0.02),
)  # fmt: skip

INVERSION = with_ancestors(STAGES, "tune")
"""The stages whose artefacts serve every edit of a clip."""
