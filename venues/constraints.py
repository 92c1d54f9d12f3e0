"""A composite foreign key that Django's migrations can carry."""

from django.db import models


class CompositeForeignKey(models.BaseConstraint):
    """Columns that must agree with another row and, if they follow, change with it.

    Not deferrable: it fails where you stand. With `follows`, a change of the other row's columns is
    carried into ours by the database itself. `match` is FULL (all columns null, or none) or SIMPLE
    (unchecked as soon as one is null). Django does not see these keys; `full_clean` is silent about them.
    """

    def __init__(
        self, *, name: str, fields, to: str, to_fields, match: str = "FULL", follows: bool = True, **kwargs
    ):
        self.fields, self.to, self.to_fields = tuple(fields), to, tuple(to_fields)
        self.match, self.follows = match, follows
        super().__init__(name=name, **kwargs)

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        ours = {name: getattr(self, name) for name in ("fields", "to", "to_fields", "match", "follows")}
        return path, args, kwargs | ours

    def __eq__(self, other):
        return isinstance(other, CompositeForeignKey) and self.deconstruct() == other.deconstruct()

    def __hash__(self):
        return hash((self.name, self.fields, self.to, self.to_fields, self.match, self.follows))

    def create_sql(self, model, schema_editor):
        quote, target = schema_editor.quote_name, model._meta.apps.get_model(self.to)
        ours, theirs = (
            ", ".join(quote(owner._meta.get_field(name).column) for name in names)
            for owner, names in ((model, self.fields), (target, self.to_fields))
        )
        return (
            f"ALTER TABLE {quote(model._meta.db_table)} ADD CONSTRAINT {quote(self.name)}"
            f" FOREIGN KEY ({ours}) REFERENCES {quote(target._meta.db_table)} ({theirs})"
            f" MATCH {self.match}" + (" ON UPDATE CASCADE" if self.follows else "")
        )

    def constraint_sql(self, model, schema_editor):
        # Never inside CREATE TABLE: the unique key it points at may come later in the migration.
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def remove_sql(self, model, schema_editor):
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT {quote(self.name)}"

    def validate(self, *args, **kwargs):
        """Left to the database: only it can look and lock at once."""
