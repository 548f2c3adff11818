"""Lists: GET on a collection, page by page. Source: Books v3, pagination."""

from __future__ import annotations

from decimal import Decimal

import attrs

from zohorm.sandbox import exact
from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.context import ORGANIZATION, Context
from zohorm.sandbox.exact import Row, write
from zohorm.sandbox.reply import Reply, invalid, success
from zohorm.sandbox.resources import filters, parents
from zohorm.sandbox.resources.creating import stamp
from zohorm.sandbox.store import Where

PAGE_SIZE = 200
# Lists that begin with fewer rows. Source: Inventory v1, units; locations are seen by clients.
_SHORT_PAGE_SIZE = 50
_SHORT = {("inventory", "unitgroups"), ("inventory", "settings/units"), ("inventory", "locations")}
# response_option: whether rows, the count and the sums are answered.
_OPTIONS = {
    "0": (True, False, False),
    "1": (True, True, True),
    "2": (False, True, False),
    "3": (False, True, True),
    "4": (True, False, True),
}
_LAST_PAGE = 10**6


def answer(context: Context) -> Reply:
    """Return one page of list rows and its `page_context`."""
    resource = context.resource
    parent = parents.parent_id(context)
    if context.fault == "shift-rows":
        _somebody_creates(context)
    where = filters.chosen(context)
    if parent:
        below = Where(f"{where.where.sql} AND parent = ?", (*where.where.values, parent))
        where = attrs.evolve(where, where=below)
    if not is_paged(resource):
        context.rules.recall(context, where.where)
        texts = context.store.texts(resource, context.scope, where.where)
        return success(f'"{resource.list_key}":[{",".join(texts)}]')
    page, per_page = _page(context), _per_page(context)
    column, order = _order(context)
    wants_rows, *_ = _OPTIONS[_option(context)]
    offset = (page - 1) * per_page
    texts = context.store.texts(
        resource, context.scope, where.where, order=order, limit=per_page + 1, offset=offset
    )
    if page > 1 and not texts and context.switches.page_past_end == "refuse":
        raise invalid("page")
    context.rules.recall(context, where.where, order=order, limit=per_page, offset=offset)
    has_more = len(texts) > per_page
    rows = _with_duplicate(context, where.where, order, offset, texts[:per_page])
    page_context: Row = {
        "page": page,
        "per_page": per_page,
        "has_more_page": has_more,
        "report_name": f"{resource.label}s",
        "applied_filter": where.applied_filter,
        "sort_column": column,
        "sort_order": _sort_order(context),
        "custom_fields": [],
    }
    if where.criteria:
        page_context["search_criteria"] = [dict(each) for each in where.criteria]
    page_context.update(_totals(context, where.where, per_page))
    listed = f'"{resource.list_key}":[{",".join(rows)}],' if wants_rows else ""
    return success(f'{listed}"page_context":{write(page_context)}')


def is_paged(resource: Resource) -> bool:
    """Tell whether a list comes in pages; children and organizations are answered at once."""
    return resource.parent is None and resource.name != ORGANIZATION


def _page(context: Context) -> int:
    return _positive(context, "page", 1, _LAST_PAGE)


def _per_page(context: Context) -> int:
    is_short = (context.resource.product, context.resource.path) in _SHORT
    default = _SHORT_PAGE_SIZE if is_short else PAGE_SIZE
    asked = _positive(context, "per_page", default, _LAST_PAGE)
    if asked > PAGE_SIZE and context.switches.per_page_above_200 == "refuse":
        raise invalid("per_page")
    return min(asked, PAGE_SIZE)


def _positive(context: Context, name: str, default: int, most: int) -> int:
    text = context.query.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < 1:
        raise invalid(name)
    return min(int(text), most)


def _option(context: Context) -> str:
    text = context.query.get("response_option", "") or "0"
    if not context.resource.counts:
        return "0"
    if text not in _OPTIONS:
        raise invalid("response_option")
    return text


def _sort_order(context: Context) -> str:
    text = context.query.get("sort_order", "").upper()
    if text not in ("", "A", "D", "ASCENDING", "DESCENDING"):
        raise invalid("sort_order")
    default = "A" if context.query.get("sort_column") else "D"
    return text[:1] or default


def _order(context: Context) -> tuple[str, str]:
    """Return the sort column as reported, and the order as SQL; newest first by default."""
    direction = "ASC" if _sort_order(context) == "A" else "DESC"
    name = context.query.get("sort_column", "")
    known = filters.columns(context.resource)
    if not name:
        by_time = f'"f_created_time" {direction}, ' if "f_created_time" in known else ""
        return "created_time", f"{by_time}seq {direction}"
    allowed = (*context.resource.sort, "created_time", "last_modified_time")
    if name in context.resource.sort and f"f_{name}" not in known:
        # Documented, but no row of the list has such a member.
        return name, f"seq {direction}"
    if name not in allowed or f"f_{name}" not in known:
        raise invalid("sort_column")
    return name, f'"f_{name}" {direction}, seq {direction}'


def _totals(context: Context, where: Where, per_page: int) -> Row:
    """Return the count and sums that `response_option` asks for."""
    _, wants_count, wants_sums = _OPTIONS[_option(context)]
    made: Row = {}
    if wants_count:
        total = context.store.count(context.resource, context.scope, where)
        made["total"] = total
        made["total_pages"] = -(-total // per_page)
    if wants_sums:
        texts = context.store.texts(context.resource, context.scope, where)
        rows = [exact.load(text) for text in texts]
        for name in ("total", "balance"):
            amounts = [row.get(name) for row in rows]
            made[f"sum_{name}"] = sum((a for a in amounts if isinstance(a, Decimal)), Decimal(0))
    return made


def _with_duplicate(
    context: Context, where: Where, order: str, offset: int, texts: list[str]
) -> list[str]:
    """Repeat a row if the fault `duplicate-row` wants it; the service does so now and then."""
    if context.fault != "duplicate-row" or not texts:
        return texts
    if not offset:
        return [*texts, texts[-1]]
    before = context.store.texts(
        context.resource, context.scope, where, order=order, limit=1, offset=offset - 1
    )
    return [*before, *texts]


def _somebody_creates(context: Context) -> None:
    """Store a copy of the newest record as a new one, as a colleague might in this moment."""
    newest = context.store.texts(
        context.resource, context.scope, whole=True, order="seq DESC", limit=1
    )
    for text in newest:
        row = exact.load(text)
        row[context.resource.id] = context.store.next_id()
        number = context.resource.number
        if number is not None and row.get(number):
            row[number] = f"{row[number]}-{row[context.resource.id]}"
        stamp(context, row, is_new=True)
        context.store.insert(context.resource, context.scope, row)
