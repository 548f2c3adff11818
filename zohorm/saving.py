"""How a record reaches the service: create, change, delete, and what to do when nobody answers."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from zohorm import envelope, repeating, settling, wire
from zohorm.doubting import Doubting
from zohorm.errors import (
    MalformedReply,
    NotApplied,
    NotFound,
    OutcomeUnknown,
    ReadOnlyField,
    TooLate,
    Unsettled,
    Unsupported,
    ZohoError,
)
from zohorm.resource import Operation
from zohorm.warning import warn

if TYPE_CHECKING:
    from zohorm.connection import Answer, Call
    from zohorm.session import Session
    from zohorm.uploads import Files, Opened

_FRESH_SECONDS = (2.0, 10.0, None)
"""How old a check may be when the change is sent; after a wait it is made again, at most twice."""

Options = Mapping[str, object]
"""Write options of one call: query parameters by name, None for those that are left out."""


@attrs.frozen
class _Beside:
    """What travels beside the members of a record: write options and files."""

    options: Options
    files: Opened | None = None
    repeatable: bool = False


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


class Savable(Doubting):
    """The part of a model that writes."""

    __slots__ = ()

    def _save(
        self,
        *,
        check: bool | None = None,
        again: bool = False,
        repeatable: bool = False,
        options: Options | None = None,
        files: Files | None = None,
    ) -> SaveResult:
        self._refuse_if_gone()
        self._refuse_if_fixed()
        beside = _Beside(options or {}, repeatable=repeatable)
        # A create that may be repeated looks itself up before it is sent again.
        again = again or (repeatable and self._id is None)
        self._refuse_if_in_doubt(again)
        with self._turn():
            # Another thread may have saved this very object meanwhile.
            self._refuse_if_in_doubt(again)
            return self._opened_and_written(check, beside, files)

    def _refuse_if_in_doubt(self, again: bool) -> None:
        if self._doubt is not None and not again:
            raise Unsettled(
                f"an earlier save of {self!r} is in doubt: it may have been done",
                advice="settle() looks it up; save(again=True) sends it again all the same",
            )

    def _opened_and_written(
        self, check: bool | None, beside: _Beside, files: Files | None
    ) -> SaveResult:
        if files is None or all(source is None for source in files.values()):
            return self._write(check, beside)
        from zohorm import uploads  # Models are imported without what sends files.

        operation = self._needed_operation("create" if self._id is None else "update")
        with uploads.opened(operation, files) as opened:
            return self._write(check, attrs.evolve(beside, files=opened))

    def _write(self, check: bool | None, beside: _Beside) -> SaveResult:
        session = self._needed_session()
        if self._id is not None:
            return self._update(session, check, beside)
        if not beside.repeatable:
            return self._create(session, beside)
        sent = self._new_payload()
        repeating.require_key(type(self), sent, beside.options)
        made = repeating.until_known(self, session, lambda: self._create(session, beside))
        return made or SaveResult(created=True, fields=tuple(sent))

    def _create(self, session: Session, beside: _Beside) -> SaveResult:
        options = beside.options
        operation = self._taking(options, "create")
        payload = self._new_payload()
        # The record of an earlier attempt counts, too, so the time of the first one stays.
        began = session.settings.clock.time() if self._doubt is None else self._doubt.at
        token = secrets.token_hex(16) if self._doubt is None else self._doubt.token
        # What a record is made of is named in the query: the order that is packed.
        made_of = {name: of for name, of in self._parents.items() if name in operation.options}
        given = {name: value for name, value in options.items() if value is not None}
        with self._in_doubt(settling.Doubt(payload, began, token=token)):
            beside = attrs.evolve(beside, options=made_of | given)
            row, moment = self._send(session, operation, payload, beside, creating=True)
        self._become(session, row, token)
        session.rows.keep((type(self), self.id), row, moment)
        kept = self._replaced_number(payload)
        if kept:
            warn(
                NotApplied(
                    f"the service gave {self!r} another number than the one that was sent; "
                    "ignore_auto_number_generation=True keeps it"
                )
            )
        return SaveResult(created=True, fields=tuple(payload), not_applied=kept)

    def _replaced_number(self, payload: Mapping[str, object]) -> tuple[str, ...]:
        """Return the number member if the service has put a number of its own in its place."""
        name = self._facts.number or ""
        if name not in payload or name not in self._row:
            return ()
        return () if self._values[name].same(self._row[name], payload[name]) else (name,)

    def _taking(self, options: Options, name: str) -> Operation:
        """Return the operation called `name`, if it takes all `options` that are given."""
        operation = self._needed_operation(name)
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
        for name, value in self._changed_payload().items():
            field = self._values.get(name)
            if field is None or value != field.cleared:
                payload[name] = value
        above = self._facts.parent
        if above in self._parents and above in self._values and self._is_writable(above):
            # A person is made under a path of its own, and its contact named in the body.
            payload.setdefault(above, self._parents[above])
        return payload

    def _update(self, session: Session, check: bool | None, beside: _Beside) -> SaveResult:
        operation = self._taking(beside.options, "update")
        self._drop_void_edits()
        self._refuse_create_only_lists()
        if not self.is_changed and beside.files is None:
            return SaveResult(created=False, fields=())
        self._changed_payload()  # What cannot be sent is refused before any call.
        replaced = tuple(name for name in self._changed_lists() if self._lists[name].replaced)
        checks = bool(check) if check is not None else bool(replaced)
        for fresh_seconds in _FRESH_SECONDS if checks else (None,):
            if checks:
                self._rebase(session, plain=bool(check))
            payload = self._changed_payload()
            if not payload and beside.files is None:  # The other side has made the same edits.
                return SaveResult(created=False, fields=())
            try:
                return self._send_change(
                    session, operation, payload, beside, replaced, fresh_seconds
                )
            except TooLate:
                # Nobody knows what the list holds after a wait, so it is checked again.
                if self._doubt is not None and self._settled_on_the_way():
                    return SaveResult(created=False, fields=tuple(payload))
        raise AssertionError("the last attempt waits as long as it must")

    def _settled_on_the_way(self) -> bool:
        try:
            return self.settle()
        except ZohoError as error:
            error.maybe_done = True  # The change, whatever the look-up has met.
            raise

    def _send_change(
        self,
        session: Session,
        operation: Operation,
        payload: dict[str, object],
        beside: _Beside,
        replaced: tuple[str, ...],
        fresh_seconds: float | None,
    ) -> SaveResult:
        """Send the change and load the answer.

        Raises:
            TooLate: it could not be sent within `fresh_seconds`.
        """
        sent = tuple(payload)
        for name in operation.send_on_update:
            held = None if name in payload else self._as_last_received(name)
            if held not in (None, ""):  # Opening balances have no id in some answers.
                payload[name] = held
        before = None if fresh_seconds is None else session.settings.clock.now() + fresh_seconds
        doubt = settling.Doubt(payload, lists=replaced, files=beside.files is not None)
        with self._in_doubt(doubt):
            row, moment = self._send(session, operation, payload, beside, send_before=before)
        kept = self._kept_old(row)
        session.rows.keep((type(self), self.id), row, moment)
        self._settle_edits(row)
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

    def _changed_lists(self) -> list[str]:
        return [name for name, part in self._lines.items() if part.is_changed]

    def _rebase(self, session: Session, *, plain: bool) -> None:
        """Put the edits on top of a fresh read; one call.

        Raises:
            Conflict: what is edited here has changed there.
        """
        theirs = session.fresh_row(type(self), self.id, self._path_ids())
        if plain and self._edits_clash(theirs):
            raise self._plain_conflict(theirs)
        for name in self._changed_lists():
            self._lines[name].rebase(theirs.get(name))
        self._take(theirs)
        self._whole = True

    def _as_last_received(self, name: str) -> object:
        if name in self._lists:
            held = self._lines_of(self._lists[name]).payload()
            return held if name in self._row else None
        if name in self._ids_above() and name not in self._edits:
            return self._ids_above()[name]
        return self._wire_value(self._values[name])

    def _kept_old(self, row: wire.Row) -> tuple[str, ...]:
        """Return the edited members, and lists of edited elements, that `row` shows as before."""
        kept = [name for name in self._edits if self._keeps_old(name, row)]
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
        beside: _Beside,
        *,
        creating: bool = False,
        send_before: float | None = None,
    ) -> tuple[wire.Row, int | None]:
        """Send a write; return the answer's row and the moment since which it is fresh."""
        form = None if beside.files is None else beside.files.body(payload)
        if form is not None and operation.repeatable:
            # Nobody says that a file which arrives twice is kept once.
            operation = attrs.evolve(operation, repeatable=False)
        with self._writing(session) as fresh_since:
            call, answer = session.call(
                operation,
                self._path_ids(operation),
                query=wire.arguments(beside.options),
                body=payload if form is None else form,
                headers=None if form is None else form.headers,
                send_before=send_before,
            )
        return self._row_of(call, answer, creating), fresh_since()

    def _row_of(self, call: Call, answer: Answer, creating: bool) -> wire.Row:
        try:
            row = envelope.row_of(answer, self._facts, call)
        except MalformedReply as error:
            if creating:
                raise _created_without_id(call, answer) from error
            if not envelope.is_bare(answer) or self._facts.operation("get") is None:
                raise
            if self._changed_lists():
                raise  # New lines find their rows in the answer, or else by settle().
            # Users and a few others are changed without being shown.
            row = self._needed_session().fresh_row(type(self), self.id, self._path_ids())
        identifier = self._id_in(row)
        if creating and not identifier:
            raise _created_without_id(call, answer)
        if not creating and identifier != self._id:
            raise MalformedReply(
                "the answer to a change shows another record, or none",
                advice="refresh() shows what became of it",
                method=call.method,
                path=call.path,
                status=answer.status,
                attempts=answer.attempts,
            )
        return row

    def _delete(self, options: Options | None = None) -> None:
        self._refuse_if_gone()
        operation = self._taking(options or {}, "delete")
        session = self._needed_session()
        identifier = self.id
        try:
            with self._writing(session):
                session.call(operation, self._path_ids(), query=wire.arguments(options or {}))
        except NotFound:
            # An earlier delete that nobody answered was done after all.
            if not self._maybe_deleted:
                raise
        except ZohoError as error:
            self._maybe_deleted = self._maybe_deleted or error.maybe_done
            raise
        except BaseException:
            self._maybe_deleted = True
            raise
        self._deleted = True
        session.identity.table(type(self)).remove(identifier)
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
