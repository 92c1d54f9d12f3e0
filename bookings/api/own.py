"""What the views of what is somebody's own share: who calls, what is asked, and that no cache keeps it."""

from django.utils.cache import patch_cache_control
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.viewsets import GenericViewSet

from accounts.models import User


class OwnViewSet(ListModelMixin, GenericViewSet):
    """What is the caller's own, or their organisations', or at venues they manage. Kept by no cache."""

    permission_classes = [IsAuthenticated]
    lookup_value_regex = "[0-9]+"

    @property
    def caller(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def asked(self, question: type[serializers.Serializer], data=None) -> dict:
        """Return what is asked, in the body if nothing else is given. Raises `ValidationError`."""
        given = question(
            data=self.request.data if data is None else data, context=self.get_serializer_context()
        )
        given.is_valid(raise_exception=True)
        return given.validated_data

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_cache_control(response, private=True, no_store=True)
        return response
