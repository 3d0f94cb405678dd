#!/bin/sh
# A parallel build of twelve small files. $1: an empty folder for it.
set -e
cd "$1"
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "int f$i(int x) { return x + $i; }" > f$i.c; done
echo 'int main(void) { return 0; }' > main.c
{
  echo 'OBJECTS = $(patsubst %.c,%.o,$(wildcard *.c))'
  echo 'app: $(OBJECTS)'
  printf '\tcc -o $@ $(OBJECTS)\n'
  echo '%.o: %.c'
  printf '\ttest -f $< && cc -c -o $@ $<\n'
} > Makefile
make -s -j4
./app
