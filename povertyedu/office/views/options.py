from django.contrib import messages
from django.shortcuts import redirect, render

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.office.actions.options import save_options
from povertyedu.office.forms.settings import OptionsForm


@needs(P.MANAGE_OPTIONS)
def options(request):
    form = OptionsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        changed = save_options(values=form.cleaned_data, by=actor(request, P.MANAGE_OPTIONS))
        messages.success(request, f"已修改：{'、'.join(changed)}。" if changed else "没有改动。")
        return redirect("office:options")
    crumbs = [("系统管理", None), ("参数设置", None)]
    return render(request, "office/options.html", {"form": form, "crumbs": crumbs})
