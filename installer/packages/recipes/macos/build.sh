#!/bin/sh
# NOT TRIED. Makes a disk image: sh build.sh APP OUTPUT.dmg
# after `python3 -m installer package --folder-only` on that Mac: APP is .thimble/package/program/Thimble.app.
# IDENTITY is a "Developer ID Application" certificate's name; without one the app is signed for this Mac only, and others
# have to allow it in their security settings. PROFILE is a notarytool keychain profile.
set -eu
[ $# -eq 2 ] || { echo "usage: [IDENTITY=...] [PROFILE=...] sh build.sh Thimble.app OUTPUT.dmg" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$1" "$work/Thimble.app"
# from the inside out: every library first, the app last
find "$work/Thimble.app/Contents" -type f \( -name '*.so' -o -name '*.dylib' \) -exec \
    codesign --force --timestamp --options runtime --sign "${IDENTITY:--}" {} +
codesign --force --timestamp --options runtime --entitlements "$here/entitlements.plist" \
    --sign "${IDENTITY:--}" "$work/Thimble.app"
codesign --verify --deep --strict "$work/Thimble.app"
ln -s /Applications "$work/Applications"
hdiutil create -volname Thimble -srcfolder "$work" -fs APFS -format ULFO -ov "$2"
if [ -n "${IDENTITY:-}" ] && [ -n "${PROFILE:-}" ]; then
    codesign --sign "$IDENTITY" "$2"
    xcrun notarytool submit "$2" --keychain-profile "$PROFILE" --wait
    xcrun stapler staple "$2"
fi
