#!/bin/sh
# NOT TRIED. Makes an AppImage of the program's folder: sh build.sh PROGRAM_FOLDER SHARE_FOLDER OUTPUT.AppImage
# after `python3 -m installer package`: PROGRAM_FOLDER is .thimble/package/program/thimble, SHARE_FOLDER is
# .thimble/package/share. Needs appimagetool.
set -eu
[ $# -eq 3 ] || { echo "usage: sh build.sh PROGRAM_FOLDER SHARE_FOLDER OUTPUT.AppImage" >&2; exit 2; }
command -v appimagetool >/dev/null || { echo "appimagetool is missing." >&2; exit 1; }
id=app.thimble.Thimble
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dir=$work/Thimble.AppDir
mkdir -p "$dir/usr/lib" "$dir/usr/bin"
cp -a "$1" "$dir/usr/lib/thimble"
cp -a "$2" "$dir/usr/share"
ln -s ../lib/thimble/thimble "$dir/usr/bin/thimble"
cp "$dir/usr/share/applications/$id.desktop" "$dir/"
cp "$dir/usr/share/icons/hicolor/256x256/apps/$id.png" "$dir/"
ln -s "$id.png" "$dir/.DirIcon"
# the tool looks for AppStream data by the name that this one used to have
ln -s "$id.metainfo.xml" "$dir/usr/share/metainfo/$id.appdata.xml"
cat > "$dir/AppRun" <<'RUN'
#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/usr/lib/thimble/thimble" "$@"
RUN
chmod +x "$dir/AppRun"
ARCH=$(uname -m) appimagetool --no-appstream "$dir" "$3"
