#!/bin/sh
# Fills the corpora with the published libraries and the built-in models.
#
#   OCTO_SHARED=<shared data> sh seeds.sh
#   cargo +nightly fuzz run read -- -max_total_time=300
#   cargo +nightly fuzz run compile -- -max_total_time=300
set -eu
cd "$(dirname "$0")"
shared=${OCTO_SHARED:-../../../../shared}
mkdir -p corpus/read corpus/compile

# Compiled files, the smaller ones: large seeds only slow the search down.
find "$shared/catalog/ck-models/v2" -name 'ck-*.json' -size -48k \
    -exec cp -f {} corpus/read/ \;

# Source folders as one text each.
for header in "$shared"/models/*/ConstructionKit/ckModel.yaml ../models/*/ckModel.yaml; do
    folder=$(dirname "$header")
    name=$(sed -n 's/^modelId: *//p' "$header" | tr -d '\r')
    (
        cd "$folder"
        find . -name '*.yaml' | sed 's|^\./||' | sort | while read -r file; do
            printf '=== %s\n' "$file"
            cat "$file"
            printf '\n'
        done
    ) > "corpus/compile/$name"
done
echo "$(find corpus/read -type f | wc -l) compiled files, $(find corpus/compile -type f | wc -l) source folders"
