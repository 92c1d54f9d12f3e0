"""Pages of those who look after venues."""

urlpatterns: list = []
