#!/bin/sh
# A build that does the same each time: steps, pipelines, a parallel make, jobs beside it.
# $1: a folder with sources c*.c, which the caller writes.
set -e
cd "$1"
rm -rf out
mkdir out
cat > out/Makefile <<'END'
SOURCES := $(wildcard ../c*.c)
OBJECTS := $(SOURCES:../%.c=%.o)
app: $(OBJECTS) notes
	cc -o $@ $(OBJECTS)
%.o: ../%.c
	test -s $<
	cc -O1 -c -o $@ $<
notes: a.txt b.txt
	cat a.txt b.txt | sort | tee $@ > /dev/null
a.txt b.txt:
	echo $@ > $@; sleep 0.02
END
make -s -j4 -C out
sort out/notes | uniq -c | wc -l
(sleep 0.05; echo one) &
(sleep 0.1; echo two) &
wait
for step in 1 2 3 4 5; do /bin/echo "$step"; done
./out/app || echo "failed: $?"
