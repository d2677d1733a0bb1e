"""The controller's results as updates of the page's components, in the order in which `page` lists them."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr

from steadyface.app import html
from steadyface.app.choices import Option
from steadyface.app.clips import Clip
from steadyface.app.controller import Controller, Wish
from steadyface.app.messages import one_line

if TYPE_CHECKING:
    from steadyface.preview.people import FoundPeople

Watching = tuple[str, int]
"""The run that a page shows, and a counter: when it changes, the page starts to follow the run again."""
Updates = tuple[Any, ...]

PREVIEW, RESULT = "preview", "result"
"""The tabs."""
PROGRESS = gr.Progress()


def told(outputs: int, action: Callable[..., Updates]) -> Callable[..., Updates]:
    """Wrap an action: its errors become a line in the page's first output, and the other outputs stay as they are."""

    def answer(*values: Any) -> Updates:
        try:
            return "", *action(*values)
        except Exception as error:
            return html.error(one_line(error)), *[gr.skip()] * outputs

    return answer


class Handlers:
    """The handlers of the page's events."""

    def __init__(self, controller: Controller, options: Sequence[Option]) -> None:
        self._controller = controller
        self._options = options
        self._watched: dict[str, Watching] = {}

    def take(self, path: str, progress: Any = PROGRESS) -> Updates:
        """An upload: notice, clip, faces, face, about, gallery, controls, first, last, index, preview."""
        try:
            clip = self._controller.take(path)
            found = self._controller.faces(
                clip, 0, None, None, lambda done, of: progress((done, of), "following faces")
            )
        except Exception as error:
            return html.error(one_line(error)), *self._emptied()
        end = clip.frames - 1
        return (
            "", clip, found, 1, html.note(clip.summary), _people(found), gr.update(visible=True),
            gr.update(value=0, maximum=end), gr.update(value=end, maximum=end), _index(0, clip.frames), None,
        )  # fmt: skip

    def empty(self) -> Updates:
        """After the upload was removed; outputs as of `take`."""
        return "", *self._emptied()

    @staticmethod
    def _emptied() -> Updates:
        same = gr.skip()
        return None, None, 1, "", [], gr.update(visible=False), same, same, same, None

    def part(self, clip: Clip | None, known: "FoundPeople | None", first: float | None, last: float | None) -> Updates:
        """After the range may have changed; outputs: faces, face, gallery, index."""
        found = self._controller.faces(clip, first, last, known)
        if found is known:
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        start = found.frames[0]
        return found, 1, _people(found), _index(start, start + found.total)

    def choose_edits(self, names: list[str]) -> list[Any]:
        """Show the strength sliders of the chosen edits."""
        return [gr.update(visible=option.name in names) for option in self._options]

    def choose_face(self, event: gr.SelectData) -> int:
        """After a face was clicked; output: its number."""
        return int(event.index) + 1

    def preview(self, clip: Clip | None, found: "FoundPeople | None", index: float, *controls: Any) -> Updates:
        """Edit one frame; outputs: the frame before and after, and the tab to show."""
        made = self._controller.preview(clip, found, self._wish(*controls), index)
        return (made.before, made.after), gr.update(selected=PREVIEW)

    def order(self, clip: Clip | None, found: "FoundPeople | None", watching: Watching, *controls: Any) -> Updates:
        """Start a run; output: the run to watch from now on."""
        return ((self._controller.order(clip, found, self._wish(*controls)), watching[1] + 1),)

    def again(self, name: str) -> Callable[[Watching], Updates]:
        """The handler of an earlier run's button: show it, and resume it if it isn't finished."""

        def watch(watching: Watching) -> Updates:
            if self._controller.queue.status(name).state in ("unfinished", "failed"):
                self._controller.queue.order(name)
            return ((name, watching[1] + 1),)

        return watch

    def follow(self, watching: Watching, count: int, request: gr.Request) -> Iterator[Updates]:
        """Show a run until it ends; outputs: tab, progress, cancel, result, two videos, two files, number of ends."""
        name, session = watching[0], str(request.session_hash)
        self._watched[session] = watching
        hidden, same = gr.update(visible=False), gr.skip()
        yield gr.update(selected=RESULT), "", same, hidden, same, same, same, same, same
        try:
            for status in self._controller.queue.follow(name):
                if self._watched.get(session) != watching:
                    return
                made = self._controller.result(name) if status.state == "finished" else None
                files = [made.edited, made.compare, made.download, made.report] if made else []
                yield (
                    same,
                    html.progress(status),
                    gr.update(visible=status.active, interactive=status.state != "stopping"),
                    gr.update(visible=made is not None),
                    *([str(path) for path in files] or [same] * 4),
                    same if status.active else count + 1,
                )
        except Exception as error:
            yield same, html.error(one_line(error)), hidden, hidden, same, same, same, same, count + 1

    def cancel(self, watching: Watching) -> Updates:
        """Stop the run that is shown."""
        self._controller.queue.cancel(watching[0])
        return ()

    def leave(self, request: gr.Request) -> None:
        """After a page was closed; its run continues."""
        self._watched.pop(str(request.session_hash), None)

    def _wish(self, names: list[str], preset: str, first: Any, last: Any, face: int, *strengths: float) -> Wish:
        by_name = {option.name: value for option, value in zip(self._options, strengths, strict=True)}
        return Wish(tuple(names), by_name, preset, first, last, face)


def _people(found: "FoundPeople") -> Any:
    return gr.update(value=list(zip(found.pictures, found.captions(), strict=True)), selected_index=0)


def _index(start: int, stop: int) -> Any:
    return gr.update(value=(start + stop - 1) // 2, minimum=start, maximum=max(stop - 1, start + 1))
