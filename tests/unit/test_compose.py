"""docker-compose.yml names nothing that the project does not have: builds, commands, ports, settings, secrets."""

import dataclasses
import fnmatch
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from federation import cli as hub_cli
from federation.settings import HubSettings
from nodes import cli as node_cli
from nodes.settings import NodeSettings
from shared import settings as reading
from tests.support.compose import (
    COMPOSE,
    NGINX,
    ROOT,
    SECRETS_AT,
    SERVICES,
    TEXT,
    health_address,
    health_command,
    prompts,
    said,
    spoken,
    stages,
    substituted,
)
from tests.support.stores import free_port

HUBS = ("migrate", "web", "worker")
NODES = ("node-institute", "node-university")
PROGRAMS = {"commons-hub": hub_cli.main, "commons-node": node_cli.main}
DOMAIN = "cloud.example.org"


def understood(program, words):
    """Whether the program knows these words: each command and option is parsed, nothing is run."""
    command = PROGRAMS[program]
    context = command.make_context(program, list(words), resilient_parsing=False)
    while hasattr(command, "commands"):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, list(rest), parent=context)
    return command.name


@pytest.fixture
def secrets(tmp_path):
    """The secrets, made by the very lines that the head comment shows."""
    lines = [line for line in prompts() if not line.startswith("export ")]
    subprocess.run(
        ["bash", "-euc", "\n".join(lines)],
        env={"HUB_DOMAIN": DOMAIN, "SECRETS": str(tmp_path / "secrets"), "PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )
    return tmp_path / "secrets"


# -- images and builds -------------------------------------------------------------------------------------


def test_the_parts_of_the_design_are_there():
    assert set(SERVICES) == {"nginx", *HUBS, "postgres", "store", *NODES}


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_built_here_or_has_an_exact_version(name):
    service = SERVICES[name]
    if "build" in service:
        assert (ROOT / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        assert service["build"]["target"] in stages()
    else:
        assert re.search(r":\d+(\.\d+)+(-\w+)?$", service["image"])


@pytest.mark.parametrize("stage", stages())
def test_what_the_dockerfile_copies_is_there_and_reaches_the_builder(stage):
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    sent = [line[1:] for line in ignored if line.startswith("!")]
    assert "*" in ignored
    for words in (words for words in stages()[stage] if words[0] == "COPY"):
        if words[1].startswith("--from="):
            assert words[1].removeprefix("--from=") in stages()
            continue
        for source in words[1:-1]:
            assert (ROOT / source.rstrip("/")).exists(), source
            assert any(fnmatch.fnmatch(source.rstrip("/"), name) for name in sent), source


def test_everything_that_is_installed_is_locked_by_hash_or_was_built_here():
    installs = [
        line
        for stage in stages().values()
        for words in stage
        for line in re.findall(r"pip (?:install|wheel)[^&]*", " ".join(words))
    ]
    assert len(installs) == 5
    for line in installs:
        locked = "--require-hashes" in line and re.search(r"-r config/requirements-\w+\.lock", line)
        own = "--no-deps" in line and ("--no-index" in line or "--no-build-isolation" in line)
        assert locked or own, line


@pytest.mark.parametrize("stage", ["hub", "node"])
def test_a_container_does_not_run_as_root_and_owns_only_its_data(stage):
    assert said(stage, "USER") == [["10001:10001"]]
    [[volume]] = said(stage, "VOLUME")
    assert volume == "/var/lib/commons"
    assert f"install -d -o commons -g commons -m 0750 {volume}" in " ".join(
        word for run in said(stage, "RUN") for word in run
    )


@pytest.mark.parametrize("name", [*HUBS, *NODES])
def test_a_container_of_ours_can_write_only_where_it_must(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    [mounted] = [volume for volume in service["volumes"] if not volume.endswith(":ro")]
    assert mounted.partition(":")[2] == said(service["build"]["target"], "VOLUME")[0][0]


# -- commands, ports and health ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*HUBS, *NODES])
def test_a_service_runs_a_command_of_the_program(name):
    stage = SERVICES[name]["build"]["target"]
    [program] = json.loads(said(stage, "ENTRYPOINT")[-1][0])
    assert program == f"commons-{stage}"
    assert understood(program, SERVICES[name]["command"]) == SERVICES[name]["command"][0]


@pytest.mark.parametrize("stage", ["hub", "node"])
def test_the_image_alone_runs_a_command_of_the_program(stage):
    [program] = json.loads(said(stage, "ENTRYPOINT")[-1][0])
    assert understood(program, json.loads(said(stage, "CMD")[-1][0]))


def test_the_commands_that_the_head_shows_exist():
    shown = [understood("commons-hub", words[1:]) for words in spoken("web")]
    shown += [understood("commons-node", words) for words in spoken("node-institute")]
    assert shown == ["add", "invite", "init", "join"]
    assert all(words[0] == "commons-hub" for words in spoken("web"))


def test_the_rule_about_commands_would_see_a_wrong_one():
    for words in (["wbe"], ["web", "--colour"], ["invite"]):
        with pytest.raises(hub_cli.click.UsageError):
            understood("commons-hub", words)


def test_the_health_checks_ask_addresses_that_exist(hub):
    port, path = health_address("web")
    rules = {rule.rule for rule in hub.app.url_map.iter_rules()}
    assert path in rules
    assert str(port) == SERVICES["web"]["environment"]["COMMONS_PORT"] == said("hub", "EXPOSE")[0][0]
    port, path = health_address("nginx")
    assert re.search(rf"listen {port} default_server;\s+location = {path} {{", NGINX)
    assert understood(health_command("worker")[0], health_command("worker")[1:]) == "status"


@pytest.mark.parametrize("name", NODES)
def test_a_node_s_health_check_asks_its_own_port(name):
    port, path = health_address(name)
    assert (str(port), path) == (SERVICES[name]["environment"]["COMMONS_NODE_PORT"], "/")


def test_the_nodes_have_ports_of_their_own_on_the_one_host():
    ports = [SERVICES[name]["environment"]["COMMONS_NODE_PORT"] for name in NODES]
    assert len(set(ports)) == len(ports)
    assert all(SERVICES[name]["network_mode"] == "host" for name in NODES)
    assert ports[0] == said("node", "EXPOSE")[0][0] == str(NodeSettings().port)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_only_for_what_can_be_waited_for(name):
    for other, how in SERVICES[name].get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        else:
            assert how["condition"] == "service_completed_successfully"
            assert SERVICES[other]["restart"] == "no"


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "migrate"])
def test_what_runs_on_has_a_health_check_and_is_started_again(name):
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert health_command(name)


# -- settings and secrets ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*HUBS, *NODES])
def test_every_setting_exists(name):
    prefix, cls = ("COMMONS_", HubSettings) if name in HUBS else ("COMMONS_NODE_", NodeSettings)
    fields = {field.name: field.metadata["secret"] for field in dataclasses.fields(cls)}
    for variable in SERVICES[name]["environment"]:
        if not variable.startswith("COMMONS_"):
            assert variable == "REQUESTS_CA_BUNDLE"
            continue
        field = variable.removeprefix(prefix).lower()
        if field not in fields:
            field = field.removesuffix("_file")
            assert fields[field], f"{variable}: only secrets come from files"
        else:
            assert not fields[field], f"{variable}: a secret may not stand in the file"


@pytest.mark.parametrize("stage", ["hub", "node"])
def test_every_setting_of_the_image_exists(stage):
    prefix, cls = ("COMMONS_", HubSettings) if stage == "hub" else ("COMMONS_NODE_", NodeSettings)
    names = re.findall(r"COMMONS_\w+", " ".join(word for words in said(stage, "ENV") for word in words))
    assert names
    known = {field.name for field in dataclasses.fields(cls)}
    assert {name.removeprefix(prefix).lower() for name in names} <= known


@pytest.mark.parametrize("name", HUBS)
def test_the_hub_accepts_the_settings_with_the_secrets_that_the_head_makes(name, secrets):
    environ = {
        variable: substituted(value, HUB_DOMAIN=DOMAIN, SECRETS=str(secrets)).replace(SECRETS_AT, f"{secrets}/")
        for variable, value in SERVICES[name]["environment"].items()
    }
    settings = reading.read(HubSettings, prefix="COMMONS_", file=None, environ=environ)
    assert settings.mode == "distributed"
    assert settings.origin == f"https://{DOMAIN}"
    assert settings.trusted_proxies == 1
    assert settings.database_url.startswith("postgresql+psycopg://commons:")


def test_the_database_is_the_one_that_the_hub_asks(secrets):
    made = SERVICES["postgres"]["environment"]
    url = re.fullmatch(
        r"postgresql\+psycopg://(\w+):(\w+)@([\w-]+)/(\w+)", (secrets / "database_url").read_text(encoding="utf-8")
    )
    password = (secrets / Path(made["POSTGRES_PASSWORD_FILE"]).name).read_text(encoding="utf-8").strip()
    assert url.groups() == (made["POSTGRES_USER"], password, "postgres", made["POSTGRES_DB"])
    assert SERVICES["postgres"]["volumes"] == ["database:/var/lib/postgresql"]
    assert f"--username={made['POSTGRES_USER']}" in health_command("postgres")
    assert f"--dbname={made['POSTGRES_DB']}" in health_command("postgres")


def test_the_store_knows_the_keys_that_the_hub_uses(secrets, tmp_path):
    [script] = SERVICES["store"]["command"]
    here = script.replace("$$", "$").replace(SECRETS_AT, f"{secrets}/").replace("/run/accounts/", f"{tmp_path}/")
    shown = subprocess.run(
        [*SERVICES["store"]["entrypoint"], here.replace("exec weed", "echo weed")],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    [identity] = json.loads((tmp_path / "s3.json").read_text(encoding="utf-8"))["identities"]
    [pair] = identity["credentials"]
    assert pair["accessKey"] == (secrets / "store_access_key").read_text(encoding="utf-8").strip()
    assert pair["secretKey"] == (secrets / "store_secret_key").read_text(encoding="utf-8").strip()
    assert (tmp_path / "s3.json").stat().st_mode & 0o077 == 0
    [port] = re.findall(r"-s3\.port=(\d+)", shown)
    assert SERVICES["web"]["environment"]["COMMONS_STORE_ENDPOINT"] == f"http://store:{port}"
    assert health_address("store") == (int(port), "/healthz")


def test_the_head_makes_every_secret_readable_in_a_closed_folder(secrets):
    assert {path.name for path in secrets.iterdir()} == set(COMPOSE["secrets"])
    assert secrets.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o644 and path.stat().st_size for path in secrets.iterdir())


def test_every_secret_is_used_and_every_use_is_declared():
    used = set()
    for name, service in SERVICES.items():
        own = set(service.get("secrets", ()))
        body = NGINX if name == "nginx" else yaml.safe_dump(service, width=10_000)
        assert set(re.findall(rf"{SECRETS_AT}(\w+)", body)) == own, name
        used |= own
    assert used == set(COMPOSE["secrets"])


def test_nothing_is_defaulted():
    variables = re.findall(r"(?<!\$)\$\{[^}]*\}", "\n".join(line for line in TEXT.splitlines() if line[:1] != "#"))
    assert variables
    assert all(re.fullmatch(r"\$\{\w+:\?[^}]+\}", variable) for variable in variables)


# -- paths, networks and the way in ------------------------------------------------------------------------


@pytest.mark.parametrize("name", SERVICES)
def test_every_volume_network_and_path_exists(name):
    for volume in SERVICES[name].get("volumes", ()):
        source = volume.split(":")[0]
        if source.startswith("."):
            assert (ROOT / source).exists(), source
        else:
            assert source in COMPOSE["volumes"]
    assert set(SERVICES[name].get("networks", ())) <= set(COMPOSE["networks"])


def test_every_volume_is_used():
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    assert set(COMPOSE["volumes"]) <= used


def test_only_nginx_is_reached_from_outside():
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"nginx"}
    assert {name for name, service in SERVICES.items() if "outside" in service.get("networks", ())} == {"nginx"}
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_nginx_listens_where_the_ports_are_published():
    published = {port.split(":")[1] for port in SERVICES["nginx"]["ports"]}
    assert set(re.findall(r"listen (\d+)", NGINX)) == published
    assert SERVICES["nginx"]["volumes"] == ["./config/nginx.conf:/etc/nginx/nginx.conf:ro"]


def test_nginx_passes_on_to_services_that_listen_there():
    upstreams = dict(re.findall(r"upstream (\w+) {\s+server ([\w:]+);", NGINX))
    assert upstreams == {
        "hub": f"web:{SERVICES['web']['environment']['COMMONS_PORT']}",
        "store": SERVICES["web"]["environment"]["COMMONS_STORE_ENDPOINT"].removeprefix("http://"),
    }
    assert sorted(re.findall(r"proxy_pass http://(\w+);", NGINX)) == sorted(upstreams)


def test_nginx_tells_the_store_from_the_hub_by_the_name_that_the_hub_gives_out():
    [pattern] = re.findall(r"server_name ~(\S+);", NGINX)
    environment = SERVICES["web"]["environment"]
    public = substituted(environment["COMMONS_STORE_PUBLIC_ENDPOINT"], HUB_DOMAIN=DOMAIN)
    assert re.search(pattern, public.removeprefix("https://"))
    assert not re.search(pattern, DOMAIN)


def test_nginx_takes_a_whole_batch_and_parts_of_any_size():
    [batch, part] = re.findall(r"client_max_body_size (\w+);", NGINX)
    assert batch == "5m"
    assert part == "0"


def test_nginx_leaves_the_host_alone_where_it_is_signed_and_believes_no_caller():
    hub_part, store_part = NGINX.split("proxy_pass http://hub;")[1].split("proxy_pass http://store;")
    assert "proxy_set_header Host $http_host;" in store_part
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in hub_part
    assert "$proxy_add_x_forwarded_for" not in NGINX


def test_nginx_understands_its_file(secrets, tmp_path):
    """Braces and semicolons always; and nginx itself says so where it is installed."""
    statements = re.sub(r"\"[^\"]*\"", "", NGINX)
    assert statements.count("{") == statements.count("}")
    for line in filter(None, map(str.strip, statements.splitlines())):
        assert line[-1] in "{};" or line.startswith(("gzip_types", "application/xml")), line
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if nginx is None:
        return
    here = NGINX.replace("/tmp/", f"{tmp_path}/").replace(SECRETS_AT, f"{secrets}/")  # the container's
    here = here.replace("server web:", "server 127.0.0.1:").replace("server store:", "server 127.0.0.1:")
    for port in set(re.findall(r"listen (\d+)", here)):
        here = here.replace(f"listen {port}", f"listen {free_port()}")
    file = tmp_path / "nginx.conf"
    file.write_text(here, encoding="utf-8")
    done = subprocess.run([nginx, "-t", "-q", "-c", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
