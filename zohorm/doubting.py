"""A record whose save nobody answered: what was sent, and whether it was done after all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from zohorm import settling, wire
from zohorm.changes import NOT_RECEIVED, Edit
from zohorm.errors import Conflict, MalformedReply, ZohoError
from zohorm.stored import Stored
from zohorm.streams import Broken

if TYPE_CHECKING:
    from zohorm.declared import Declared
    from zohorm.session import Session


class Doubting(Stored):
    """The part of a model that knows when a write may have been done."""

    __slots__ = ()

    @contextmanager
    def _in_doubt(self, doubt: settling.Doubt) -> Iterator[None]:
        """Remember `doubt` if the block ends without a readable answer, else forget any."""
        try:
            yield
        except ZohoError as error:
            # A change of plain members may be sent again. One that adds lines would add them once
            # more if it was done after all, for the next check takes them for a colleague's; and
            # a file that is sent twice may be kept twice.
            if (error.maybe_done or isinstance(error, MalformedReply)) and (
                self._id is None or doubt.lists or doubt.files
            ):
                self._doubt = doubt
                error.record = cast("Declared", self)  # No other class is saved.
            raise
        except Broken:
            raise  # Half a form with a file in it is none, so nothing was done.
        except BaseException:
            # An interrupt may come between the call and its answer.
            if self._id is None or doubt.lists or doubt.files:
                self._doubt = doubt
            raise
        self._doubt = None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let no other thread of this process save the record meanwhile, or this new object."""
        session = self._needed_session()
        known = self._id
        seconds = session.settings.max_wait_seconds
        savers, clock = session.writes.savers, session.settings.clock
        with savers.turn(known or id(self), clock, seconds):
            if known is None and self._id is not None:
                with savers.turn(self._id, clock, seconds):  # Another thread has created it.
                    yield
            else:
                yield

    def _become(self, session: Session, row: wire.Row, token: str) -> None:
        """Take the first received row: the record exists now, made by the attempt of `token`."""
        self._session = session
        self._id = self._id_in(row)
        self._settle_edits(row)
        self._whole = True
        session.identity.table(type(self)).add(self.id, self)
        session.writes.note_made(session.organization_key[0], self.id, token)
        session.watches.note_new(type(self), self.id)

    def settle(self) -> bool:
        """Look up whether the save in doubt was done; afterwards `save()` works again.

        Returns True if it was: the record then holds what the service has. False if it was not:
        the edits stand, unsaved. It costs one call for a change; for a create, one per page of
        candidates and one per candidate. A record that is not in doubt costs none, and returns
        whether it is saved as it is: a save that never left the machine is not in doubt. An action
        without an answer costs one call, the record is read anew, and may be called again then.

        Raises:
            OutcomeUnknown: several records could be the one, or one only resembles it, or the
                service lists no such records.
            Conflict: the record changed in another way meanwhile, or its lists were edited here.
        """
        self._refuse_if_gone()
        if self._doubt is not None:
            with self._turn():
                # Another thread may have settled it meanwhile.
                if self._doubt is not None:
                    was_done = self._look_up()
                    self._doubt = None
                    return was_done
        session = self._session
        if self._id is not None and session is not None and session.doubts.is_in_doubt(self._id):
            self.refresh()  # Nobody can tell of an action: whoever asks looks by this.
        return self._id is not None and not self.is_changed

    def _look_up(self) -> bool:
        """Say whether the save in doubt was done, as `settle()`; if not, it stays in doubt."""
        doubt, session = self._doubt, self._needed_session()
        if doubt is None:
            return self._id is not None
        if self._id is None:
            row = settling.find_created(session, type(self), doubt, self._path_ids())
            if row is not None:
                later = self._edited_since(doubt)
                self._become(session, row, doubt.token)
                self._edit_again(later)
        else:
            theirs = session.fresh_row(type(self), self._id, self._path_ids())
            row = settling.find_changed(self, doubt, theirs)
            if row is not None:
                later = self._edited_since(doubt)
                self._settle_edits(row)
                self._whole = True
                self._edit_again(later)
        if row is not None:
            self._doubt = None
        return row is not None

    def _edited_since(self, doubt: settling.Doubt) -> dict[str, object]:
        """Return the wire values that were edited after the save in doubt, which was done.

        Raises:
            Conflict: lists were, and their edits cannot be told from those that were sent.
        """
        later = {
            name: value
            for name, value in self._changed_payload().items()
            if name not in doubt.sent or doubt.sent[name] != value
        }
        lists = [name for name in later if name in self._lists]
        if lists:
            raise Conflict(
                f"the save in doubt was done, and {', '.join(lists)} of {self!r} were edited since",
                advice="Note those edits, then revert() and settle()",
                mine={name: later[name] for name in lists},
                theirs={name: doubt.sent.get(name) for name in lists},
            )
        return later

    def _edit_again(self, later: Mapping[str, object]) -> None:
        for name, value in later.items():
            self._note(name, Edit(self._row.get(name, NOT_RECEIVED), value))
        self._drop_void_edits()

    def revert(self) -> None:
        """Drop every unsaved edit; what was received last stands again.

        A change in doubt is given up: the next read costs one call and shows what became of it.
        """
        super().revert()
        if self._doubt is not None and self._id is not None:
            self._doubt = None
            self._whole = False
            self._take({self._id_name or "id": self._id})

    @property
    def is_in_doubt(self) -> bool:
        """Whether a save got no readable answer and nobody has settled it yet."""
        return self._doubt is not None

    def _drop_void_edits(self) -> None:
        """Drop edits that a later read has made void: the service holds that value already."""
        for name, edit in list(self._edits.items()):
            field = self._values.get(name)
            if field is None or name not in self._row or edit.base is NOT_RECEIVED:
                continue
            if field.same(self._row[name], edit.value):
                del self._edits[name]
