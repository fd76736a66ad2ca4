"""The recipes of ``docs/clients.md``, each run by the client that it is for: a discovery that finds one instance."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.docs.conftest import DEFAULT_URL, Reader
from tests.docs.markdown import ROOT, blocks
from tests.tools import tool

ADDRESS = "10.0.0.1"
MODULES = ROOT / "tests" / "readers" / "javascript" / "node_modules"
GO_PACKAGES = Path("/usr/share/gocode")
GO_MAIN = """
func main() {
	found, err := client().DiscoverInstances(context.TODO(), &servicediscovery.DiscoverInstancesInput{
		NamespaceName: aws.String("shop"), ServiceName: aws.String("cart"),
	})
	if err != nil {
		panic(err)
	}
	println(found.Instances[0].Attributes["AWS_INSTANCE_IPV4"])
}
"""


@pytest.fixture
def shop(reader: Reader) -> Reader:
    """A reader of whose service ``cart`` one instance is known, in the region of the recipes."""
    cloudmap: Any = boto3.client(
        "servicediscovery",
        endpoint_url=reader.url,
        region_name="us-west-2",
        aws_access_key_id="smithj",
        aws_secret_access_key="any",
        config=Config(inject_host_prefix=False),
    )
    operation = cloudmap.create_http_namespace(Name="shop")["OperationId"]
    namespace = cloudmap.get_operation(OperationId=operation)["Operation"]["Targets"]["NAMESPACE"]
    service = cloudmap.create_service(Name="cart", NamespaceId=namespace)["Service"]["Id"]
    cloudmap.register_instance(ServiceId=service, InstanceId="cart-1", Attributes={"AWS_INSTANCE_IPV4": ADDRESS})
    cloudmap.close()
    return reader


def recipe(reader: Reader, language: str) -> str:
    """The block in this language, with the reader's server instead of the usual one."""
    (found,) = [block for block in blocks(ROOT / "docs" / "clients.md") if block.language == language]
    return found.text.replace(DEFAULT_URL, reader.url)


def run(reader: Reader, *words: str | Path, **environment: str) -> str:
    """What a program says that finds nothing of AWS in its environment but this."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        words, cwd=reader.folder, env=bare | environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_aws_cli(shop: Reader) -> None:
    profile = shop.folder / "config"
    profile.write_text(recipe(shop, "ini"))
    found = run(
        shop,
        tool("aws"),
        *("--profile", "maptrail", "servicediscovery", "discover-instances"),
        *("--namespace-name", "shop", "--service-name", "cart"),
        AWS_CONFIG_FILE=str(profile),
        AWS_PAGER="",
    )
    assert json.loads(found)["Instances"][0]["Attributes"] == {"AWS_INSTANCE_IPV4": ADDRESS}


def test_javascript(shop: Reader) -> None:
    node = shutil.which("node")
    if node is None or not (MODULES / "@aws-sdk" / "client-servicediscovery").is_dir():
        pytest.skip("Node or the AWS SDK for JavaScript is not installed: make readers")
    (shop.folder / "node_modules").symlink_to(MODULES)
    (shop.folder / "recipe.mjs").write_text(recipe(shop, "js"))
    assert ADDRESS in run(shop, node, "recipe.mjs")


def test_go(shop: Reader) -> None:
    """With the SDK that Debian has: it is older than ``BaseEndpoint``, which it calls ``EndpointResolver``."""
    go = shutil.which("go")
    if go is None or not (GO_PACKAGES / "src/github.com/aws/aws-sdk-go-v2/service/servicediscovery").is_dir():
        pytest.skip("Go or its AWS SDK is not installed: golang-go, golang-github-aws-aws-sdk-go-v2-dev")
    text = recipe(shop, "go")
    now, before = "BaseEndpoint: aws.String(", "EndpointResolver: servicediscovery.EndpointResolverFromURL("
    assert now in text
    folder = shop.folder / "src" / "recipe"
    folder.mkdir(parents=True)
    (folder / "main.go").write_text("package main\n\n" + text.replace(now, before) + GO_MAIN)
    places = {"GOPATH": f"{shop.folder}:{GO_PACKAGES}", "GOCACHE": str(shop.folder / "cache")}
    assert ADDRESS in run(shop, go, "run", "recipe", GO111MODULE="off", GOFLAGS="", **places)
