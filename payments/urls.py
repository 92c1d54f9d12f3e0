from django.urls import path

from . import views

app_name = "payments"

urlpatterns = [
    path("", views.mine, name="mine"),
    path("pay/", views.pay, name="pay"),
    path("<int:pk>/", views.payment, name="payment"),
    path("<int:pk>/done/", views.done, name="done"),
    path("<int:pk>/leave/", views.leave, name="leave"),
    path("documents/<int:pk>/", views.document, name="document"),
    path("documents/<int:pk>/pay/", views.pay_invoice, name="pay_invoice"),
    path("organisations/<int:pk>/", views.of_organisation, name="of_organisation"),
    path("manage/", views.overview, name="overview"),
    path("manage/concerns/<int:pk>/", views.answer, name="answer"),
    path("manage/transfers/", views.transfers, name="transfers"),
    path("manage/invoices/", views.invoices, name="invoices"),
    path("manage/ledger.csv", views.ledger, name="ledger"),
    path("manage/revenue/", views.revenue, name="revenue"),
    path("stripe/", views.webhook, name="webhook"),
]
