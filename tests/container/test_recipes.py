"""What the documents say about containers, done: their commands, the compose project, pipelines, testcontainers."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator.environment import Endpoint, variables
from tests.container.conftest import PUBLISHED, ROOT, Container
from tests.container.engine import Engine, until
from tests.docs.markdown import Block, blocks
from tests.tools import tool

GUIDE = ROOT / "docs" / "container.md"
CONTEXT = ("Dockerfile", ".dockerignore", "compose.yaml", "LICENSE", "README.md", "constraints.txt", "pyproject.toml")
COMMANDS = [
    block
    for document in (ROOT / "README.md", GUIDE)
    for block in blocks(document)
    if block.language == "sh" and "docker " in block.text
]
SHOP = "registry.example/shop:1"
ASK = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:4610/_maptrail/health')"

IDENTITIES = """
[[user]]
name = "smithj"
account = "111122223333"
access_key = "AKIAIOSFODNN7EXAMPLE"
secret_key = "any"
"""
USE = """
import boto3
sent = []
cloudmap = boto3.client("servicediscovery")
cloudmap.meta.events.register("before-send.servicediscovery", lambda request, **_: sent.append(request.url))
operation = cloudmap.create_http_namespace(Name="shop")["OperationId"]
namespace = cloudmap.get_operation(OperationId=operation)["Operation"]["Targets"]["NAMESPACE"]
service = cloudmap.create_service(Name="cart", NamespaceId=namespace)["Service"]["Id"]
cloudmap.register_instance(ServiceId=service, InstanceId="cart-1", Attributes={"AWS_INSTANCE_IPV4": "10.0.0.1"})
(found,) = cloudmap.discover_instances(NamespaceName="shop", ServiceName="cart")["Instances"]
assert found["InstanceId"] == "cart-1"
print("discovered by", sent[-1])
"""
TEST = f"""
import unittest
class Test(unittest.TestCase):
    def test_shop(self):
        exec({USE!r}, {{}})
"""


def marked(what: str) -> str:
    """The text of the block that is marked so."""
    (text,) = (block.text for block in blocks(GUIDE) if block.check == f"engine {what}")
    return text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone's files, and those that a reader of the documents has."""
    made = tmp_path_factory.mktemp("reader")
    made.chmod(0o755)  # jobs in containers are not its owner
    for name in CONTEXT:
        shutil.copy(ROOT / name, made)
    for name in ("bootstrap", "emulator", "trail"):
        shutil.copytree(ROOT / name, made / name, ignore=shutil.ignore_patterns("__pycache__"))
    (made / "shop.yaml").write_text(marked("shop.yaml"))
    (made / "identities.toml").write_text(IDENTITIES)
    (made / "test_shop.py").write_text(TEST)
    return made


@pytest.fixture(scope="module")
def shop(engine: Engine, image: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image with somebody's program, which uses Cloud Map as it is told to by its environment."""
    made = tmp_path_factory.mktemp("shop")
    (made / "shop.py").write_text(USE)
    (made / "Dockerfile").write_text(f'FROM {image}\nCOPY shop.py /\nENTRYPOINT ["python", "/shop.py"]\nCMD []\n')
    engine.docker("build", "--quiet", "--tag", SHOP, made)
    return SHOP


def compose(engine: Engine) -> str:
    """How compose is called: as a plug-in of the client, or as the program that it was."""
    plugin = subprocess.run(["docker", "compose", "version"], env=engine.environment, capture_output=True, check=False)
    if plugin.returncode != 0 and not shutil.which("docker-compose"):
        pytest.skip("docker-compose is not installed")
    return "docker-compose" if plugin.returncode else "docker compose"


@pytest.mark.parametrize("block", COMMANDS, ids=str)
def test_the_commands_do_what_they_say(engine: Engine, image: str, shop: str, folder: Path, block: Block) -> None:
    assert image in engine.docker("images")
    assert shop
    text = block.text.replace("\\\n", " ").replace("docker compose", compose(engine))
    try:
        for line in text.splitlines():
            do(engine, line, folder)
    finally:
        engine.run("sh", "-c", "docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes")


def do(engine: Engine, line: str, folder: Path) -> None:
    """Type a line; where it started a server, the next is typed when that serves."""
    if re.match(r"docker run (?!-d)|docker.compose .*\bup\b(?!.* -d)", line):
        run_until_stopped(engine, line, folder)
    else:
        engine.run("bash", "-e", "-u", "-c", line, folder=folder)
        if " -d" in line:
            until(lambda: served(engine), 20, lambda: f"{line!r} serves nothing")


def run_until_stopped(engine: Engine, line: str, folder: Path) -> None:
    """What stays in front is served from the outside, and ends well when its container is stopped."""
    words = engine.words("bash", "-c", f"exec {line}")
    with subprocess.Popen(words, cwd=folder, env=engine.environment, stdin=subprocess.DEVNULL) as front:
        try:
            until(lambda: served(engine) or front.poll() is not None, 60, lambda: f"{line} serves nothing")
            engine.run("sh", "-c", "docker ps --quiet | xargs docker stop")
            assert front.wait(20) == 0
        finally:
            front.kill()


def served(engine: Engine) -> bool:
    words = engine.words("python3", "-c", ASK)
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def test_a_service_of_a_compose_project_discovers_by_the_alias(engine: Engine, shop: str, folder: Path) -> None:
    call = f"{compose(engine)} -p discovery -f compose.yaml -f shop.yaml"
    try:
        printed = engine.run("sh", "-c", f"{call} up --exit-code-from shop 2>&1", folder=folder)
    finally:
        engine.run("sh", "-c", f"{call} down --volumes 2>&1", folder=folder)
    assert "discovered by http://data-maptrail:4610/" in printed
    assert shop


def test_the_compose_project_is_that_of_the_image(engine: Engine, image: str) -> None:
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["maptrail"]
    config = yaml.safe_load(engine.docker("image", "inspect", "--format", "{{json .Config}}", image))
    seconds = {"interval": "Interval", "timeout": "Timeout"}
    told = {key: f"{config['Healthcheck'][name] // 10**9}s" for key, name in seconds.items()}
    told |= {"test": config["Healthcheck"]["Test"], "retries": config["Healthcheck"]["Retries"]}
    assert service["healthcheck"] == told
    assert [port.rpartition(":")[2] + "/tcp" for port in service["ports"]] == list(config["ExposedPorts"])
    assert [volume.rpartition(":")[2] for volume in service["volumes"]] == list(config["Volumes"])


@contextmanager
def services(engine: Engine, network: str, wanted: Mapping[str, Any]) -> Iterator[dict[str, Container]]:
    """Services as runners of pipelines make them: on a network, under their names, waited for until healthy."""
    engine.docker("network", "create", network)
    try:
        made = {}
        for name, service in wanted.items():
            ports = [f"--publish={port}" for port in service.get("ports", ())]
            env = [f"--env={key}={value}" for key, value in service.get("env", {}).items()]
            alias = f"--network-alias={name}"
            words = ["run", "--detach", f"--network={network}", alias, *ports, *env, service["image"]]
            made[name] = Container(engine, engine.docker(*words))
        for container in made.values():
            container.healthy()
        yield made
    finally:
        attached = f"docker ps --all --quiet --filter network={network}"
        engine.run("sh", "-c", f"{attached} | xargs --no-run-if-empty docker rm --force --volumes")
        engine.docker("network", "rm", network)


def in_container(engine: Engine, network: str, folder: Path, image: str, env: Mapping[str, str]) -> Callable[..., str]:
    """Runs lines of shell in a job's container, the files of the job mounted."""
    given = [f"--env={key}={value}" for key, value in env.items()]
    place = [f"--network={network}", f"--volume={folder}:/job:ro", "--workdir=/job", "--entrypoint=sh"]
    return lambda line: engine.run(
        "sh", "-c", shlex.join(["docker", "run", "--rm", *place, *given, image, "-ec", line]) + " 2>&1"
    )


@pytest.mark.parametrize("name", ["on-the-runner", "in-a-container"])
def test_jobs_of_github_actions_reach_the_service(engine: Engine, shop: str, folder: Path, name: str) -> None:
    job = yaml.safe_load(marked("actions"))["jobs"][name]
    with services(engine, "actions", job["services"]) as made:
        on_runner = {"PATH": f"{tool('aws').parent}:{engine.environment['PATH']}", **job["env"]}
        run = (
            in_container(engine, "actions", folder, job["container"], job["env"])
            if "container" in job
            else lambda line: engine.run("bash", "-ec", line, folder=folder, **on_runner)
        )
        printed = [
            run(step["run"].replace("${{ job.services.maptrail.id }}", made["maptrail"].name))
            for step in job["steps"]
            if "run" in step
        ]
    assert ("\nOK" if "container" in job else "CreateHttpNamespace") in printed[-1]
    assert shop


def test_a_job_of_gitlab_reaches_the_service(engine: Engine, shop: str, folder: Path) -> None:
    job = yaml.safe_load(marked("gitlab"))["test"]
    given = job["variables"]
    wanted = {service["alias"]: {"image": service["name"], "env": given} for service in job["services"]}
    with services(engine, "gitlab", wanted):
        run = in_container(engine, "gitlab", folder, job["image"], given)
        assert all("\nOK" in run(line) for line in job["script"])
    assert shop


def test_testcontainers_starts_it(engine: Engine, image: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(marked("testcontainers"))
    python = tool("aws").with_name("python")
    if subprocess.run([python, "-c", "import testcontainers"], capture_output=True, check=False).returncode != 0:
        pytest.skip("testcontainers is not installed: make readers")
    # Its container that removes what is left behind is an image of its own, which is not to be had here.
    printed = engine.run(python, program, TESTCONTAINERS_RYUK_DISABLED="true")
    assert "CreateHttpNamespace" in printed
    assert engine.docker("ps", "--quiet", "--filter", f"ancestor={image}") == ""


def test_clients_are_told_what_maptrail_env_tells() -> None:
    """Variables of clients in the guide are those that ``maptrail env`` prints, but for whom they call as."""
    told = set(variables(Endpoint("http://maptrail:4610", "us-east-1", "111122223333"), with_s3=True))
    assert set(re.findall(r"\bAWS_[A-Z_]+(?=[:=])", GUIDE.read_text())) <= told


def test_every_block_for_an_engine_is_used_here() -> None:
    used = {"shop.yaml", "actions", "gitlab", "testcontainers"}
    assert {block.check.removeprefix("engine ") for block in blocks(GUIDE) if block.check} == used
    assert PUBLISHED in marked("testcontainers")
