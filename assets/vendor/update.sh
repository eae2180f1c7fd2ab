#!/usr/bin/env bash
# Fetches the vendored browser libraries anew, checks them against VENDOR.toml's npm integrity, makes the
# one edit they need and prints the hashes to write into VENDOR.toml. Run by hand; the build needs none of it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fetch() { # name version
  npm pack --silent "$1@$2" >/dev/null
  local file="$1-$2.tgz"
  local integrity="sha512-$(openssl dgst -sha512 -binary "$file" | base64 -w0)"
  grep -qF "integrity = \"$integrity\"" "$here/VENDOR.toml" || { echo "$file has integrity $integrity, which VENDOR.toml does not name" >&2; exit 1; }
  mkdir "$1" && tar xzf "$file" -C "$1" --strip-components=1
}
fetch preact 11.2.0
fetch htm 3.1.1
fetch lucide-static 1.62.0
cp preact/dist/preact.mjs "$here/preact.js"
# An inline import map would need a hash in the Content-Security-Policy: the bare name becomes a path.
sed -e 's#"preact"#"./preact.js"#' -e '/sourceMappingURL/d' preact/hooks/dist/hooks.mjs > "$here/hooks.js"
sed -i -e '/sourceMappingURL/d' "$here/preact.js"
cp htm/dist/htm.module.js "$here/htm.js"
cp preact/LICENSE "$here/licenses/preact.txt"
cp htm/LICENSE "$here/licenses/htm.txt"
cp lucide-static/LICENSE "$here/licenses/lucide.txt"
{
  printf '<svg xmlns="http://www.w3.org/2000/svg">'
  while read -r icon; do
    inner=$(sed -n '/<svg/,/<\/svg>/p' "lucide-static/icons/$icon.svg" | tr -d '\n' | sed -e 's/^.*<svg[^>]*>//' -e 's#</svg>.*$##' -e 's/ *\/>/\/>/g' -e 's/>  *</></g' -e 's/^ *//' -e 's/ *$//')
    printf '<symbol id="%s" viewBox="0 0 24 24">%s</symbol>' "$icon" "$inner"
  done < "$here/icons.txt"
  printf '</svg>\n'
} > "$here/icons.svg"
cd "$here" && sha256sum preact.js hooks.js htm.js icons.svg
