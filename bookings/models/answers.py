"""What idempotency keys were answered."""

from datetime import timedelta

from django.conf import settings
from django.db import connection, models


class KeptAnswerQuerySet(models.QuerySet["KeptAnswer"]):
    def reserve(self, user, key: str, *, request_hash: str, now) -> bool:
        """Take a key for a request; False if it is taken. Waits for another that is just taking it."""
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into bookings_keptanswer (user_id, key, request_hash, body, created_at)"
                " values (%s, %s, %s, '', %s) on conflict (user_id, key) do nothing",
                [user.pk, key, request_hash, now],
            )
            return cursor.rowcount == 1

    def outdated(self, now):
        return self.filter(created_at__lt=now - KeptAnswer.KEPT_FOR)


class KeptAnswer(models.Model):
    """The answer that an idempotency key got, given again whenever the key comes again."""

    KEPT_FOR = timedelta(days=1)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField(null=True)
    # The very bytes: a JSON column would give the names back in another order.
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(db_index=True)

    objects = KeptAnswerQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(name="kept_answer_once", fields=["user", "key"])]

    def __str__(self) -> str:
        return self.key
