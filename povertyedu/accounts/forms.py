"""Log in and change the password."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm


class LoginForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "账号或密码不正确，请重新输入。连续输错 5 次，该账号锁定 30 分钟。",
        "inactive": "该账号已停用，请联系县教育局系统管理员。",
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "账号"
        self.fields["password"].label = "密码"


class ChangePasswordForm(PasswordChangeForm):
    """The old password once, the new one twice; the new one must be another."""

    error_messages = PasswordChangeForm.error_messages | {
        "password_incorrect": "原密码不正确，请重新输入。",
        "password_mismatch": "两次输入的新密码不一样，请重新输入。",
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "原密码"
        self.fields["new_password1"].label = "新密码"
        self.fields[
            "new_password1"
        ].help_text = (
            "至少 8 位，含小写字母、大写字母、数字、其他符号中的三类，不能与姓名、账号相近，不能是常见密码。"
        )
        self.fields["new_password2"].label = "再输一次"
        self.fields["new_password2"].help_text = ""

    def clean(self):
        cleaned = super().clean()
        new = self.cleaned_data.get("new_password1")
        if new and self.user.check_password(new):
            self.add_error("new_password1", forms.ValidationError("新密码不能与原密码相同，请换一个。"))
        return cleaned
