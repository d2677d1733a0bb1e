"""The page's layout: which controls there are, and which event goes to which handler."""

from typing import Any

import gradio as gr

from steadyface.app import choices, words
from steadyface.app.handlers import Handlers, told
from steadyface.app.studio import Studio

PRESETS = [("default: the best result, takes long", "default"), ("fast: for a look", "fast")]
PRIVATE = {"api_visibility": "private"}
"""Nothing is offered to programs: they have the command line and `edit_video`."""
LOOK = {"concurrency_id": "look", "concurrency_limit": 1, **PRIVATE}
"""What computes at once, in Gradio's queue one after the other; runs have a line of their own (`desk`)."""
QUICK = {"concurrency_limit": None, "show_progress": "hidden", **PRIVATE}


def theme() -> Any:
    """Fonts are the system's: nothing is fetched from anywhere."""
    plain, fixed = ("system-ui", "sans-serif"), ("ui-monospace", "monospace")
    return gr.themes.Soft(primary_hue="teal", neutral_hue="slate", font=plain, font_mono=fixed, radius_size="md")


def build(studio: Studio) -> Any:
    """The page, ready to be launched."""
    options = choices.options()
    on = Handlers(studio, options)
    with gr.Blocks(title="steadyface", analytics_enabled=False, delete_cache=(3600, 24 * 3600)) as page:
        clip, found, face = gr.State(None), gr.State(None), gr.State(1)
        watching, ended = gr.State(("", 0)), gr.State(0)
        gr.HTML(words.TITLE)
        notice = gr.HTML("", elem_id="notice")
        with gr.Row(equal_height=False):
            with gr.Column(scale=4, min_width=340):
                gr.HTML(words.step(1, "A video with a face"))
                upload = gr.File(label=words.limits(studio.limits), file_types=["video"], height=110, elem_id="upload")
                about = gr.HTML("", elem_id="about")
                with gr.Column(visible=False) as chosen:
                    gallery = gr.Gallery(
                        label="Whose face? Click to choose", columns=4, height=150, allow_preview=False,
                        interactive=False, buttons=[], object_fit="contain", elem_id="faces",
                    )  # fmt: skip
                    with gr.Accordion("Only some of the frames", open=False), gr.Row():
                        first = gr.Number(0, label="First frame", precision=0, minimum=0)
                        last = gr.Number(0, label="Last frame", precision=0, minimum=0)
                    gr.HTML(words.step(2, "What to change"))
                    names = gr.CheckboxGroup(
                        [option.name for option in options], show_label=False, container=False, elem_id="edits"
                    )
                    dials = [_dial(option) for option in options]
                    gr.HTML(words.step(3, "How carefully"))
                    preset = gr.Radio(PRESETS, value="default", show_label=False, container=False, elem_id="preset")
            with gr.Column(scale=6, min_width=400):
                sight = gr.ImageSlider(
                    label="Preview of one frame: before | after", interactive=False, buttons=[], elem_id="preview"
                )
                with gr.Row(equal_height=True, visible=False) as buttons:
                    index = gr.Slider(0, 1, 0, step=1, label="Frame to preview", scale=3)
                    look = gr.Button("Preview", scale=1, elem_id="look")
                    go = gr.Button("Run on the video", variant="primary", scale=1, elem_id="go")
                with gr.Row(equal_height=True):
                    bar = gr.HTML("", elem_id="progress")
                    stop = gr.Button("Cancel", visible=False, size="sm", scale=0, min_width=110, elem_id="stop")
                with gr.Column(visible=False, elem_id="result") as result:
                    edited = gr.Video(label="Result", interactive=False, elem_id="edited")
                    compare = gr.Video(label="Input | frame by frame | steady", interactive=False, elem_id="compare")
                    with gr.Row():
                        video = gr.DownloadButton("Download edited.mp4", elem_id="download")
                        report = gr.DownloadButton("Download report.html", elem_id="report")

        taken = [notice, clip, found, face, about, gallery, chosen, buttons, first, last, index, sight]
        controls = [names, preset, first, last, face, *dials]
        upload.upload(on.take, [upload], taken, show_progress_on=about, **LOOK)
        upload.clear(on.empty, None, taken, **QUICK)
        gr.on(
            [first.submit, first.blur, last.submit, last.blur],
            told(4, on.part), [clip, found, first, last], [notice, found, face, gallery, index],
            show_progress_on=gallery, **LOOK,
        )  # fmt: skip
        gallery.select(on.choose_face, None, [face], **QUICK)
        names.change(on.choose_edits, [names], dials, **QUICK)
        look.click(
            told(1, on.preview), [clip, found, index, *controls], [notice, sight], show_progress_on=sight, **LOOK
        )
        go.click(told(1, on.order), [clip, found, watching, *controls], [notice, watching], **QUICK)
        watching.change(
            on.follow, [watching, ended], [bar, stop, result, edited, compare, video, report, ended], **QUICK
        )
        stop.click(told(0, on.cancel), [watching], [notice], **QUICK)

        def earlier() -> None:
            runs = studio.earlier()
            gr.HTML(words.earlier(len(runs)))
            for kept, status in runs:
                with gr.Row(equal_height=True):
                    gr.HTML(words.run(kept, status))
                    button = gr.Button(words.verb(status), size="sm", scale=0, min_width=110)
                button.click(told(1, on.again(kept.name)), [watching], [notice, watching], **QUICK)

        gr.render(triggers=[page.load, watching.change, ended.change], show_progress="hidden")(earlier)
        page.unload(on.leave)
    return page


def _dial(option: choices.Option) -> Any:
    return gr.Slider(option.least, choices.STRONGEST, 1.0, step=0.1, label=option.label, visible=False)
