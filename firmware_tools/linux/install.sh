#!/bin/sh
# Installs what a tar on standard input holds into the directory that is not in use, a or b, and then makes `current` point to it:
# one rename, so whenever the power goes, `current` is the old firmware with its gallery or the new one. Arguments: the base
# directory, the unit's file, and names that are taken over from the firmware in use where the tar lacks them.
set -eu
base=$1
unit=$2
shift 2

mkdir -p "$base"
used=$(readlink "$base/current" || true)
case "$used" in
a) new=b ;;
*) new=a ;;
esac
rm -rf "${base:?}/$new"
mkdir "$base/$new"
tar -x -f - -C "$base/$new"
cd "$base/$new"
for name in "$@"; do
    if [ ! -e "$name" ] && [ -n "$used" ] && [ -e "../$used/$name" ]; then
        cp -p "../$used/$name" "$name"
    fi
done
if [ ! -e edge-siamese-firmware ]; then
    echo "there is no firmware in use that could be kept: install it too" >&2
    exit 1
fi
sha256sum -c sums.txt >/dev/null
mkdir -p "${unit%/*}/multi-user.target.wants"
cp unit.service "$unit.new"
sync
mv "$unit.new" "$unit"
ln -s -f "../${unit##*/}" "${unit%/*}/multi-user.target.wants/${unit##*/}"
rm -f "$base/next"
ln -s "$new" "$base/next"
sync
mv -T "$base/next" "$base/current"
sync
echo "$new"
