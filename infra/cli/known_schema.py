"""What WB takes of subjects: as refresh_schema keeps it, and asked of WB where it does not know a subject yet."""

from collections.abc import Iterable

from infra.cli.account import deployed
from infra.cli.installation import Installation
from wbsync.domain.ids import SubjectId
from wbsync.domain.schema import Named, Schema
from wbsync.errors import NotAuthorised, Rejected
from wbsync.stores.schemas import SchemasStore
from wbsync.wb import schema as wb_schema


def known_schema(there: Installation, subjects: Iterable[SubjectId]) -> Schema:
    """With these subjects, unless WB has them not. What had to be asked is kept, so that cards can be planned at once.

    Brands are not asked for: they may be hundreds of thousands, and refresh_schema reads them in time.
    """
    store = SchemasStore(deployed(there.stage).output("SchemasTable"))
    known = store.schema()
    missing = [subject for subject in subjects if subject not in known.subjects]
    if not missing:
        return known
    for name in wb_schema.SHARED:
        if name not in known.dictionaries:
            store.save_dictionary(name, wb_schema.read_dictionary(there.wb, name))
    for subject in missing:
        _ask(there, store, subject)
    return store.schema()


def _ask(there: Installation, store: SchemasStore, subject: SubjectId) -> None:
    try:
        read = wb_schema.read_subject(there.wb, subject)
    except NotAuthorised:
        raise
    except Rejected:
        return  # WB's way to say that there is no such subject is not documented
    if store.save(read):
        store.save_dictionary(Named.TNVED, wb_schema.read_tnved(there.wb, subject), subject=subject)
