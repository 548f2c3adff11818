"""Records of custom modules: any member `cf_...`, and answers of their own form.

Source: Books v3, custom modules: writes answer a list of one record; the record alone is shown as
the fields of its module, and once more as plain members beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zohorm.sandbox import exact
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row, write
from zohorm.sandbox.reply import Reply, success
from zohorm.sandbox.resources import creating, reading, updating
from zohorm.sandbox.resources.checks import accepted, required
from zohorm.sandbox.resources.custom_fields import shown, type_of
from zohorm.sandbox.rows import list_row
from zohorm.sandbox.rules.plain import Rules

_PREFIX, _TWIN = "cf_", "_formatted"


class ModuleRules(Rules):
    """What a module of somebody's own holds, nobody has documented."""

    @property
    def handlers(self) -> Mapping[str, Callable[[Context], Reply]]:
        """Answer what is not shown as other records are."""
        return {
            "create_custom_module": self._create,
            "update_custom_module_record": self._update,
            "get_custom_module_record_details": self._get,
        }

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Name the module."""
        row["module_api_name"] = context.params["module_name"]
        row["record_name_formatted"] = row.get("record_name", "")

    def _create(self, context: Context) -> Reply:
        body = context.body_object()
        required(context.needed, body)
        row = creating.create(context, accepted(context.resource, body))
        return self._kept(context, row, body, status=context.operation.status)

    def _update(self, context: Context) -> Reply:
        body = context.body_object()
        before = reading.loaded(context)
        row = updating.update(context, before, accepted(context.resource, body))
        return self._kept(context, row, body)

    def _kept(self, context: Context, row: Row, body: Row, status: int = 200) -> Reply:
        """Store the members that the module has of its own; answer the record as a list of one."""
        for name, value in body.items():
            if name.startswith(_PREFIX):
                row[name] = "" if value is None else value
                row[name + _TWIN] = shown(value)["value_formatted"]
        context.store.replace(context.resource, context.scope, row)
        flat = list_row(context.resource, row)
        return success(f'"{context.resource.list_key}":[{write(flat)}]', status=status)

    def _get(self, context: Context) -> Reply:
        row = exact.load(reading.text_of(context, context.params[context.resource.id]))
        flat = list_row(context.resource, row)
        whole = {name: value for name, value in row.items() if name not in flat}
        whole[context.resource.id] = row[context.resource.id]
        whole["module_api_name"] = whole["module_name"] = row["module_api_name"]
        whole["module_fields"] = [
            _field(name, value, str(flat[name + _TWIN]))
            for name, value in flat.items()
            if name.startswith(_PREFIX) and not name.endswith(_TWIN)
        ]
        return success(f'"module_record":{write(whole)},"module_record_hash":{write(flat)}')


def _field(name: str, value: Json, formatted: str) -> Json:
    return {
        "api_name": name,
        "label": name.removeprefix(_PREFIX).replace("_", " ").title(),
        "data_type": type_of(value),
        "is_active": True,
        "value": formatted,
        "value_formatted": formatted,
    }
