"""How a record reaches the service: create, change, delete, and what to do when nobody answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs

from zohorm import envelope, settling, wire
from zohorm.changes import NOT_RECEIVED, Edit
from zohorm.errors import (
    Conflict,
    MalformedReply,
    NotApplied,
    NotFound,
    OutcomeUnknown,
    ReadOnlyField,
    ServerError,
    TransportError,
    Unsettled,
    Unsupported,
    warn,
)
from zohorm.resource import Operation
from zohorm.stored import Stored

if TYPE_CHECKING:
    from zohorm.connection import Answer, Call
    from zohorm.session import Session

Options = Mapping[str, object]
"""Write options of one call: query parameters by name, None for those that are left out."""


@attrs.frozen
class SaveResult:
    """What `save()` did.

    Attributes:
        created: whether the record is new at the service.
        fields: the members that were sent; none if nothing had changed.
        not_applied: those among them whose answer still holds the old value.
    """

    created: bool
    fields: tuple[str, ...]
    not_applied: tuple[str, ...] = ()


class _Unanswered:
    """The types of what `Savable` holds; in its own body, checkers would take them for members."""

    __slots__ = ()

    _doubt: settling.Doubt | None
    _maybe_deleted: bool


class Savable(Stored, _Unanswered):
    """The part of a model that writes."""

    __slots__ = ("_doubt", "_maybe_deleted")

    def _start(self, row: wire.Row, session: Session | None) -> None:
        super()._start(row, session)
        fill = object.__setattr__
        fill(self, "_doubt", None)
        fill(self, "_maybe_deleted", False)

    def save(self, *, check: bool | None = None, again: bool = False) -> SaveResult:
        """Send the changed members and load the answer; a new record is created.

        One call; two if a list that the service replaces has changed, for it is read first and
        the edits are put on top of it, so that a colleague's new line stays. Nothing changed:
        none.

        Args:
            check: True asks for that read for plain members too; False skips it and overwrites.
            again: send a save that is in doubt once more, though it may have been done.

        Raises:
            Conflict: what was edited here has changed there; nothing was sent.
            OutcomeUnknown: nobody answered a create; `settle()` looks it up.
            Unsettled: an earlier save is in doubt.
            ValidationError, Duplicate: the service refuses the values.
        """
        return self._save(check=check, again=again)

    def _save(
        self, *, check: bool | None = None, again: bool = False, options: Options | None = None
    ) -> SaveResult:
        self._refuse_if_gone()
        self._refuse_if_fixed()
        if self._doubt is not None and not again:
            raise Unsettled(
                f"an earlier save of {self!r} is in doubt: it may have been done",
                advice="settle() looks it up; save(again=True) sends it again all the same",
            )
        session = self._needed_session()
        if self._id is None:
            return self._create(session, options or {})
        return self._update(session, check, options or {})

    def _create(self, session: Session, options: Options) -> SaveResult:
        operation = self._taking(options, "create")
        payload = self._new_payload()
        # The record of an earlier attempt counts, too, so the time of the first one stays.
        began = session.settings.clock.time() if self._doubt is None else self._doubt.at
        with self._in_doubt(settling.Doubt(payload, began)):
            row, moment = self._send(session, operation, payload, options, creating=True)
        self._become(session, row)
        session.rows.keep((type(self), self.id), row, moment)
        return SaveResult(created=True, fields=tuple(payload))

    def _taking(self, options: Options, name: str) -> Operation:
        """Return the operation called `name`, if it takes all `options` that are given."""
        operation = self.needed_operation(name)
        for option, value in options.items():
            if value is not None and option not in operation.options:
                raise Unsupported(
                    f"the service documents no {option} on {name} of {self._facts.name}",
                    advice=f"It documents {', '.join(operation.options) or 'no option'}",
                )
        return operation

    def _new_payload(self) -> dict[str, object]:
        """Return every edited member; one that is None is left out, there is nothing to clear."""
        payload: dict[str, object] = {}
        for name, value in self.changed_payload().items():
            field = self._values.get(name)
            if field is None or value != field.cleared:
                payload[name] = value
        return payload

    def _become(self, session: Session, row: wire.Row) -> None:
        """Take the first received row: the record exists now."""
        self._session = session
        self._id = self.id_in(row)
        self.settle_edits(row)
        self._whole = True
        session.identity.add(type(self), self.id, self)
        session.writes.note_made(self.id)
        session.watches.note_new(type(self), self.id)

    def _update(self, session: Session, check: bool | None, options: Options) -> SaveResult:
        operation = self._taking(options, "update")
        self._drop_void_edits()
        self._refuse_create_only_lists()
        if not self.is_changed:
            return SaveResult(created=False, fields=())
        replaced = tuple(name for name in self._changed_lists() if self._lists[name].replaced)
        if check or (check is None and replaced):
            self._rebase(session, plain=bool(check))
        payload = self.changed_payload()
        if not payload:  # The other side has made the same edits.
            return SaveResult(created=False, fields=())
        sent = tuple(payload)
        for name in operation.send_on_update:
            payload.setdefault(name, self._as_last_received(name))
        with self._in_doubt(settling.Doubt(payload, lists=replaced)):
            row, moment = self._send(session, operation, payload, options)
        kept = self._kept_old(row)
        session.rows.keep((type(self), self.id), row, moment)
        self.settle_edits(row)
        self._whole = True
        if kept:
            warn(NotApplied(f"{self!r} keeps {', '.join(kept)} as before"))
        return SaveResult(created=False, fields=sent, not_applied=kept)

    def _refuse_create_only_lists(self) -> None:
        for name in self._changed_lists():
            if self._lists[name].create_only:
                raise ReadOnlyField(
                    f"{type(self).__name__}.{name} can be set only when the record is created",
                    advice="revert() drops the edit",
                )

    def _drop_void_edits(self) -> None:
        """Drop edits that a later read has made void: the service holds that value already."""
        for name, edit in list(self._edits.items()):
            field = self._values.get(name)
            if field is None or name not in self._row or edit.base is NOT_RECEIVED:
                continue
            if field.same(self._row[name], edit.value):
                del self._edits[name]

    def _changed_lists(self) -> list[str]:
        return [name for name, part in self._lines.items() if part.is_changed]

    def _rebase(self, session: Session, *, plain: bool) -> None:
        """Put the edits on top of a fresh read; one call.

        Raises:
            Conflict: what is edited here has changed there.
        """
        theirs = session.fresh_row(type(self), self.id, self._path_ids())
        if plain and self.edits_clash(theirs):
            raise self._plain_conflict(theirs)
        for name in self._changed_lists():
            self._lines[name].rebase(theirs.get(name))
        self.take(theirs)
        self._whole = True

    def _as_last_received(self, name: str) -> object:
        if name in self._lists:
            return self.lines(self._lists[name]).payload()
        if name in self.ids_above() and name not in self._edits:
            return self.ids_above()[name]
        return self.wire_value(self._values[name])

    def _kept_old(self, row: wire.Row) -> tuple[str, ...]:
        """Return the edited members, and lists of edited elements, that `row` shows as before."""
        kept = [name for name in self._edits if self.keeps_old(name, row)]
        for name in self._changed_lists():
            # An answer without the list says nothing: it may be one that is never shown.
            if name in row and self._lines[name].keeps_old(row[name]):
                kept.append(name)
        return tuple(kept)

    def _send(
        self,
        session: Session,
        operation: Operation,
        payload: Mapping[str, object],
        options: Options,
        *,
        creating: bool = False,
    ) -> tuple[wire.Row, int | None]:
        """Send a write; return the answer's row and the moment since which it is fresh."""
        try:
            with session.writes.noting() as fresh_since:
                call, answer = session.call(
                    operation, self._path_ids(), query=wire.arguments(options), body=payload
                )
        finally:
            # Also if it failed: a write without an answer may have moved rows all the same.
            session.watches.note(type(self))
        return self._row_of(call, answer, creating), fresh_since()

    def _row_of(self, call: Call, answer: Answer, creating: bool) -> wire.Row:
        try:
            row = envelope.row_of(answer, self._facts, call)
        except MalformedReply as error:
            if not creating:
                raise
            raise _created_without_id(call, answer) from error
        if creating and not self.id_in(row):
            raise _created_without_id(call, answer)
        return row

    @contextmanager
    def _in_doubt(self, doubt: settling.Doubt) -> Iterator[None]:
        """Remember `doubt` if the block ends without a readable answer, else forget any."""
        try:
            yield
        except OutcomeUnknown:
            self._doubt = doubt
            raise
        except (TransportError, ServerError):
            # A change may be sent again; but one that adds lines would add them once more if it
            # was done after all, because the next check takes them for a colleague's.
            if doubt.lists:
                self._doubt = doubt
            raise
        self._doubt = None

    def settle(self) -> bool:
        """Look up whether the save in doubt was done; afterwards `save()` works again.

        Returns True if it was: the record then holds what the service has. False if it was not:
        the edits stand, unsaved. A record that is not in doubt returns True without a call.
        Otherwise it costs one call for a change; for a create, one per page of candidates and one
        per candidate.

        Raises:
            OutcomeUnknown: several records could be the one, or one only resembles it.
            Conflict: the record changed in another way meanwhile, or its lists were edited here.
        """
        self._refuse_if_gone()
        doubt = self._doubt
        if doubt is None:
            return True
        session = self._needed_session()
        if self._id is None:
            row = settling.find_created(session, type(self), doubt, self._path_ids())
            if row is not None:
                later = self._edited_since(doubt)
                self._become(session, row)
                self._edit_again(later)
        else:
            theirs = session.fresh_row(type(self), self._id, self._path_ids())
            row = settling.find_changed(self, doubt, theirs)
            if row is not None:
                later = self._edited_since(doubt)
                self.settle_edits(row)
                self._whole = True
                self._edit_again(later)
        self._doubt = None
        return row is not None

    def _edited_since(self, doubt: settling.Doubt) -> dict[str, object]:
        """Return the wire values that were edited after the save in doubt, which was done.

        Raises:
            Conflict: lists were, and their edits cannot be told from those that were sent.
        """
        later = {
            name: value
            for name, value in self.changed_payload().items()
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
            self.take({self._id_name or "id": self._id})

    @property
    def is_in_doubt(self) -> bool:
        """Whether a save got no readable answer and nobody has settled it yet."""
        return self._doubt is not None

    def delete(self) -> None:
        """Delete the record at the service; one call. The object can only be read or copied then.

        If nobody answers, call it again: a record that is gone by then was deleted by this.

        Raises:
            NotFound: the record is gone already.
            ValidationError: the service refuses, for others refer to the record.
            NotSaved: the record was never saved.
        """
        self._delete()

    def _delete(self, options: Options | None = None) -> None:
        self._refuse_if_gone()
        operation = self._taking(options or {}, "delete")
        session = self._needed_session()
        identifier = self.id
        try:
            with session.writes.noting():
                session.call(operation, self._path_ids(), query=wire.arguments(options or {}))
        except NotFound:
            # An earlier delete that nobody answered was done after all.
            if not self._maybe_deleted:
                raise
        except (TransportError, ServerError):
            self._maybe_deleted = True
            raise
        finally:
            session.watches.note(type(self))
        self._deleted = True
        session.identity.remove(type(self), identifier)
        session.rows.forget((type(self), identifier))


def _created_without_id(call: Call, answer: Answer) -> OutcomeUnknown:
    return OutcomeUnknown(
        "the service reports success but does not show the new record",
        advice="settle() looks it up",
        method=call.method,
        path=call.path,
        status=answer.status,
        attempts=answer.attempts,
    )
