"""An installed package of one's own: files, RECORD and the lock that pins it."""

import base64
import hashlib

import pytest


@pytest.fixture
def install(tmp_path, monkeypatch):
    """``install(name, version, files)`` into a site folder; the working folder's lock pins what ``lock`` says."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(site)
    monkeypatch.chdir(tmp_path)

    def make(name, version, files, lock=None):
        record = []
        for path, text in files.items():
            target = site / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
            record.append(f"{path},sha256={digest},{len(text)}")
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "RECORD").write_text("\n".join([*record, f"{info.name}/METADATA,,", f"{info.name}/RECORD,,"]) + "\n")
        with (tmp_path / "requirements.lock").open("a") as file:
            file.write(f"{name}=={lock or version}\n")
        return site

    return make
