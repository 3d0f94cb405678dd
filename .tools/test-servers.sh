#!/usr/bin/env bash
# Installs the servers that the tests of the MongoDB store start by themselves, into .venv,
# which git ignores: SecantusDB from PyPI, mongo-java-server from Maven Central. Also pymongo,
# which comes with the first, whose bson decodes the embedded store's files in a test.
# Needs python3 with venv, and java with mvn. Does nothing where all of it is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ! -x .venv/bin/secantusd-py ]]; then
  python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check 'SecantusDB==0.7.0b3'
fi
if ! compgen -G '.venv/java/mongo-java-server-*.jar' >/dev/null; then
  mvn -q -B -f test/support/mongo-java-server/pom.xml dependency:copy-dependencies \
    -DoutputDirectory="$PWD/.venv/java"
fi
