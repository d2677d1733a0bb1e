"""The page's layout: its controls, and the handler of each event."""

from typing import Any

import gradio as gr

from steadyface.app import choices, html
from steadyface.app.controller import Controller
from steadyface.app.handlers import PREVIEW, RESULT, Handlers, told

PRESETS = [("default: the best result, takes long", "default"), ("fast: for a look", "fast")]
PRIVATE = {"api_visibility": "private"}
"""The page has no API: programs use the command line and `edit_video`."""
LOOK = {"concurrency_id": "look", "concurrency_limit": 1, **PRIVATE}
"""For handlers that compute, one at a time in Gradio's queue; runs have their own queue (`job_queue`)."""
QUICK = {"concurrency_limit": None, "show_progress": "hidden", **PRIVATE}


def theme() -> Any:
    """The theme. It uses the system's fonts, so that nothing is fetched from the network."""
    plain, fixed = ("system-ui", "sans-serif"), ("ui-monospace", "monospace")
    calm = gr.themes.Default(primary_hue="teal", neutral_hue="slate", font=plain, font_mono=fixed, radius_size="md")
    return calm.set(
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_text_color="white",
        checkbox_background_color_selected="*primary_700",
        checkbox_border_color_selected="*primary_700",
        slider_color="*primary_600",
    )


def build(controller: Controller) -> Any:
    """The page, ready to be launched."""
    options = choices.options()
    on = Handlers(controller, options)
    with gr.Blocks(
        title="steadyface", analytics_enabled=False, fill_width=True, delete_cache=(3600, 24 * 3600)
    ) as page:
        clip, found, face = gr.State(None), gr.State(None), gr.State(1)
        watching, ended = gr.State(("", 0)), gr.State(0)
        gr.HTML(html.TITLE, padding=False)
        notice = gr.HTML("", elem_id="notice", padding=False)
        with gr.Row(equal_height=False):
            with gr.Column(scale=4, min_width=340):
                gr.HTML(html.step("Video", html.limits(controller.limits)), padding=False)
                upload = gr.File(show_label=False, file_types=["video"], height=130, elem_id="upload")
                about = gr.HTML("", elem_id="about", padding=False)
                with gr.Column(visible=False) as chosen:
                    gr.HTML(html.step("Whose face", "click to choose"), padding=False)
                    gallery = gr.Gallery(
                        show_label=False, columns=4, height=130, allow_preview=False, fit_columns=False,
                        interactive=False, buttons=[], object_fit="contain", elem_id="faces",
                    )  # fmt: skip
                    gr.HTML(html.step("What to change"), padding=False)
                    names = gr.CheckboxGroup(
                        [option.name for option in options], show_label=False, container=False, elem_id="edits"
                    )
                    dials = [_dial(option) for option in options]
                    gr.HTML(html.step("How carefully"), padding=False)
                    preset = gr.Radio(PRESETS, value="default", show_label=False, container=False, elem_id="preset")
                    with gr.Accordion("Only some of the frames", open=False), gr.Row():
                        first = gr.Number(0, label="First frame", precision=0, minimum=0)
                        last = gr.Number(0, label="Last frame", precision=0, minimum=0)
                    with gr.Row():
                        look = gr.Button("Preview", elem_id="look")
                        go = gr.Button("Run on the video", variant="primary", elem_id="go")
            with gr.Column(scale=6, min_width=400), gr.Tabs() as tabs:
                with gr.Tab("Preview", id=PREVIEW):
                    sight = gr.ImageSlider(
                        label="Preview of one frame: before | after", interactive=False, buttons=[], elem_id="preview"
                    )
                    index = gr.Slider(0, 1, 0, step=1, label="Frame to preview")
                with gr.Tab("Result", id=RESULT):
                    with gr.Row(equal_height=False, elem_classes="sf-row"):
                        bar = gr.HTML(html.note("nothing has been run yet"), elem_id="progress", padding=False)
                        stop = gr.Button("Cancel", visible=False, size="sm", scale=0, min_width=110, elem_id="stop")
                    with gr.Column(visible=False, elem_id="result") as result:
                        edited = gr.Video(label="Result", interactive=False, elem_id="edited")
                        compare = gr.Video(
                            label="Input | frame by frame | steady", interactive=False, elem_id="compare"
                        )
                        with gr.Row():
                            video = gr.DownloadButton("Download edited.mp4", elem_id="download")
                            report = gr.DownloadButton("Download report.html", elem_id="report")

        taken = [notice, clip, found, face, about, gallery, chosen, first, last, index, sight]
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
            told(2, on.preview), [clip, found, index, *controls], [notice, sight, tabs], show_progress_on=sight, **LOOK
        )
        go.click(told(1, on.order), [clip, found, watching, *controls], [notice, watching], **QUICK)
        watching.change(
            on.follow, [watching, ended], [tabs, bar, stop, result, edited, compare, video, report, ended], **QUICK
        )
        stop.click(told(0, on.cancel), [watching], [notice], **QUICK)

        def earlier() -> None:
            runs = controller.earlier()
            gr.HTML(html.earlier(len(runs)), padding=False)
            for kept, status in runs:
                with gr.Row(equal_height=False, elem_classes="sf-row"):
                    gr.HTML(html.run(kept, status), padding=False)
                    button = gr.Button(html.verb(status), size="sm", scale=0, min_width=110)
                button.click(told(1, on.again(kept.name)), [watching], [notice, watching], **QUICK)

        gr.render(triggers=[page.load, watching.change, ended.change], show_progress="hidden")(earlier)
        page.unload(on.leave)
    return page


def _dial(option: choices.Option) -> Any:
    return gr.Slider(option.least, choices.STRONGEST, 1.0, step=0.1, label=option.name, info=option.says, visible=False)
