#!/bin/sh
# Puts Thimble into this user's menu and opens .gguf files with it; "remove" takes it out again. Nothing else is changed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=${XDG_DATA_HOME:-$HOME/.local/share}
id=app.thimble.Thimble
refresh() {
    update-desktop-database "$data/applications" 2>/dev/null || true
    update-mime-database "$data/mime" 2>/dev/null || true
    gtk-update-icon-cache -q -t "$data/icons/hicolor" 2>/dev/null || true
}
if [ "${1:-}" = remove ]; then
    rm -f "$data/applications/$id.desktop" "$data/mime/packages/$id.xml" "$data"/icons/hicolor/*/apps/$id.*
    refresh
    echo "Thimble is no longer in the menu. Its folder, your conversations and models stay."
    exit 0
fi
mkdir -p "$data/applications" "$data/mime/packages" "$data/icons"
# in an Exec line, inside quotes, these four characters are written with a backslash, and a backslash itself twice
program=$(printf '%s' "$here/thimble" | sed 's/[\\"`$]/\\&/g; s/\\/\\\\/g; s/[&|]/\\&/g')
sed "s|^Exec=thimble|Exec=\"$program\"|" "$here/share/applications/$id.desktop" > "$data/applications/$id.desktop"
cp "$here/share/mime/packages/$id.xml" "$data/mime/packages/"
cp -R "$here/share/icons/hicolor" "$data/icons/"
refresh
echo "Thimble is in the menu. To undo: $0 remove"
