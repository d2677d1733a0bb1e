"""The studio's answers as updates of the page's components, in the order in which `page` lists them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from steadyface.app import words
from steadyface.app.choices import Option
from steadyface.app.clips import Clip
from steadyface.app.faces import FoundFaces
from steadyface.app.messages import one_line
from steadyface.app.studio import Studio, Wish

Watching = tuple[str, int]
"""The run that a page shows, and how many it has shown: another number begins to follow it anew."""
Updates = tuple[Any, ...]

PREVIEW, RESULT = "preview", "result"
"""The tabs."""
PROGRESS = gr.Progress()


def told(outputs: int, action: Callable[..., Updates]) -> Callable[..., Updates]:
    """An action whose errors become a line in the page's first output, and leave the others as they are."""

    def answer(*values: Any) -> Updates:
        try:
            return "", *action(*values)
        except Exception as error:
            return words.error(one_line(error)), *[gr.skip()] * outputs

    return answer


class Handlers:
    """What happens on each event."""

    def __init__(self, studio: Studio, options: Sequence[Option]) -> None:
        self._studio = studio
        self._options = options
        self._watched: dict[str, Watching] = {}

    def take(self, path: str, progress: Any = PROGRESS) -> Updates:
        """An upload has come: notice, clip, faces, face, about, gallery, controls, first, last, index, preview."""
        try:
            clip = self._studio.take(path)
            found = self._studio.faces(clip, 0, None, None, lambda done, of: progress((done, of), "following faces"))
        except Exception as error:
            return words.error(one_line(error)), *self._emptied()
        end = clip.frames - 1
        return (
            "", clip, found, 1, words.note(clip.summary), _people(found), gr.update(visible=True),
            gr.update(value=0, maximum=end), gr.update(value=end, maximum=end), _index(0, clip.frames), None,
        )  # fmt: skip

    def empty(self) -> Updates:
        """The upload was taken away; outputs as of `take`."""
        return "", *self._emptied()

    @staticmethod
    def _emptied() -> Updates:
        same = gr.skip()
        return None, None, 1, "", [], gr.update(visible=False), same, same, same, None

    def part(self, clip: Clip | None, known: FoundFaces | None, first: float | None, last: float | None) -> Updates:
        """The range may have changed: faces, face, gallery, index."""
        found = self._studio.faces(clip, first, last, known)
        if found is known:
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        start = found.frames[0]
        return found, 1, _people(found), _index(start, start + found.total)

    def choose_edits(self, names: list[str]) -> list[Any]:
        """Show the dials of the chosen edits."""
        return [gr.update(visible=option.name in names) for option in self._options]

    def choose_face(self, event: gr.SelectData) -> int:
        """A face was clicked: its number."""
        return int(event.index) + 1

    def preview(self, clip: Clip | None, found: FoundFaces | None, index: float, *controls: Any) -> Updates:
        """Edit one frame: the frame before and after, and the tab to show."""
        made = self._studio.preview(clip, found, self._wish(*controls), index)
        return (made.before, made.after), gr.update(selected=PREVIEW)

    def order(self, clip: Clip | None, found: FoundFaces | None, watching: Watching, *controls: Any) -> Updates:
        """Begin a run: what to watch from now on."""
        return ((self._studio.order(clip, found, self._wish(*controls)), watching[1] + 1),)

    def again(self, name: str) -> Callable[[Watching], Updates]:
        """The handler of an earlier run's button: show it, and let it go on if it isn't finished."""

        def watch(watching: Watching) -> Updates:
            if self._studio.desk.status(name).state in ("unfinished", "failed"):
                self._studio.desk.order(name)
            return ((name, watching[1] + 1),)

        return watch

    def follow(self, watching: Watching, count: int, request: gr.Request) -> Iterator[Updates]:
        """Show a run until it has ended: tab, progress, cancel, result, two videos, two files, count of ends."""
        name, session = watching[0], str(request.session_hash)
        self._watched[session] = watching
        hidden, same = gr.update(visible=False), gr.skip()
        yield gr.update(selected=RESULT), "", same, hidden, same, same, same, same, same
        try:
            for status in self._studio.desk.follow(name):
                if self._watched.get(session) != watching:
                    return
                made = self._studio.result(name) if status.state == "finished" else None
                files = [made.edited, made.compare, made.download, made.report] if made else []
                yield (
                    same,
                    words.progress(status),
                    gr.update(visible=status.active, interactive=status.state != "stopping"),
                    gr.update(visible=made is not None),
                    *([str(path) for path in files] or [same] * 4),
                    same if status.active else count + 1,
                )
        except Exception as error:
            yield same, words.error(one_line(error)), hidden, hidden, same, same, same, same, count + 1

    def cancel(self, watching: Watching) -> Updates:
        """Stop the run that is shown."""
        self._studio.desk.cancel(watching[0])
        return ()

    def leave(self, request: gr.Request) -> None:
        """A page was closed; its run goes on."""
        self._watched.pop(str(request.session_hash), None)

    def _wish(self, names: list[str], preset: str, first: Any, last: Any, face: int, *strengths: float) -> Wish:
        by_name = {option.name: value for option, value in zip(self._options, strengths, strict=True)}
        return Wish(tuple(names), by_name, preset, first, last, face)


def _people(found: FoundFaces) -> Any:
    return gr.update(value=list(zip(found.pictures, found.captions(), strict=True)), selected_index=0)


def _index(start: int, stop: int) -> Any:
    return gr.update(value=(start + stop - 1) // 2, minimum=start, maximum=max(stop - 1, start + 1))
