from django.conf import settings


def site(request):
    """What every page may say about the installation."""
    return {"CITY_NAME": settings.CITY_NAME, "DEMO": settings.DEMO}
