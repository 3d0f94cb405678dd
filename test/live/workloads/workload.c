/*
 * Workloads for the live tests: each mode makes processes of one kind and ends when all
 * of them have ended. Exit status 0, or 99 when the workload itself went wrong.
 *
 * usage: workload MODE [NUMBER]
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what) {
  fprintf(stderr, "workload: %s: %s\n", what, strerror(errno));
  _exit(99);
}

/* Nothing here, nor what it starts, can signal everything (-1) or init, whatever goes wrong. */
static void fence(void) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kill, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xffffffffu, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("no_new_privs");
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) fail("seccomp");
  if (kill(-1, 0) != -1 || errno != EPERM) fail("the fence has a hole");
}

static pid_t child(void) {
  pid_t pid = fork();
  if (pid < 0) fail("fork");
  return pid;
}

static void run(const char *program) {
  execl(program, program, (char *)0);
  fail(program);
}

static void reap(void) {
  while (wait(0) > 0 || errno == EINTR) {
  }
}

/* A signal to a child of our own, never to anything else. */
static void send_to(pid_t pid, int signal) {
  if (pid > 1) kill(pid, signal);
}

/* Eight processes that fork as fast as they can; every tenth child runs a program. */
static void storm(int count) {
  for (int i = 0; i < 8; i++) {
    if (child()) continue;
    for (int n = 0; n < count / 8; n++) {
      if (child() == 0) {
        if (n % 10 == 0) run("/bin/true");
        _exit(n & 127);
      }
      if (n % 16 == 15) reap();
    }
    reap();
    _exit(0);
  }
  reap();
}

static void *sleeper(void *seconds) {
  usleep((useconds_t)(intptr_t)seconds);
  return 0;
}

static void *forker(void *unused) {
  pid_t pid = child();
  if (pid == 0) run("/bin/true");
  waitpid(pid, 0, __WALL);
  return unused;
}

static void *executor(void *unused) {
  usleep(2000);
  run("/bin/true");
  return unused;
}

/* Threads that sleep, fork, run a program in place of all, or outlive their leader. */
static void threads(int count) {
  for (int i = 0; i < count; i++) {
    if (child() == 0) {
      pthread_t thread[4];
      for (int k = 0; k < 3; k++) {
        void *(*work)(void *) = k == 1 ? forker : sleeper;
        if (pthread_create(&thread[k], 0, work, (void *)1000)) fail("pthread_create");
      }
      if (i % 3 == 1 && pthread_create(&thread[3], 0, executor, 0)) fail("pthread_create");
      if (i % 3 == 1) sleep(5);
      if (i % 3 == 2) pthread_exit(0);
      for (int k = 0; k < 3; k++) pthread_join(thread[k], 0);
      exit(i & 63);
    }
  }
  reap();
}

static void vforks(int count) {
  /* The child must not clobber it. */
  for (volatile int i = 0; i < count; i++) {
    pid_t pid = vfork();
    if (pid == 0) {
      if (i % 3 == 0) _exit(7);
      execl(i % 3 == 1 ? "/bin/true" : "/nonexistent", "x", (char *)0);
      _exit(127);
    }
    if (pid < 0) fail("vfork");
    if (i % 4 == 0) waitpid(pid, 0, 0);
  }
  reap();
}

/* Children that are killed in all ways, also while they are being killed already. */
static void kills(int count) {
  static const int signals[] = {SIGKILL, SIGTERM, SIGINT, SIGSEGV, SIGUSR1, SIGABRT, SIGHUP};
  for (int round = 0; round < count; round++) {
    pid_t pids[7];
    for (int i = 0; i < 7; i++) {
      pids[i] = child();
      if (pids[i] == 0) {
        if (i == 3) signal(SIGSEGV, SIG_IGN);
        for (;;) pause();
      }
    }
    usleep(1000);
    for (int i = 0; i < 7; i++) send_to(pids[i], signals[i]);
    for (int i = 0; i < 7; i++) send_to(pids[i], SIGKILL);
    reap();
  }
}

/* Children that leave their parent, which is their parents' subreaper, as init would be. */
static void daemons(int count) {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) fail("subreaper");
  for (int i = 0; i < count; i++) {
    if (child() == 0) {
      setsid();
      if (child() == 0) {
        usleep(1000 * (useconds_t)(i % 20));
        if (i % 2) run("/bin/true");
        _exit(i & 63);
      }
      _exit(0);
    }
  }
  reap();
}

static void run_with(char *const *args) {
  if (child() == 0) {
    execv("/bin/true", args);
    fail("execv");
  }
  reap();
}

/* Arguments that are long, many, empty, full of quotes, line ends and bytes that are no text. */
static void arguments(void) {
  static char large[100001];
  static char *many[1500];
  memset(large, 'x', sizeof large - 1);
  for (int i = 0; i < 1499; i++) many[i] = "argument";
  run_with((char *[]){"true", large, "after", 0});
  run_with(many);
  run_with((char *[]){"true", "", "a b", "\"quoted\"", "type=SYSCALL msg=audit(1.234:5): pid=1", 0});
  run_with((char *[]){"true", "line\nend", "\x1b[31m", "\xff\xfe\x80", "\xc3\xa9", "'", 0});
  run_with((char *[]){0});
}

static void chain(int depth) {
  for (int i = 0; i < depth; i++) {
    pid_t pid = child();
    if (pid > 0) {
      int status;
      waitpid(pid, &status, 0);
      if (i > 0) _exit(i & 63);
      return;
    }
  }
  _exit(5);
}

/* So many processes one after the other that pids come round again, where there are few. */
static void reuse(int count) {
  for (int i = 0; i < count; i++) {
    if (child() == 0) {
      if (i % 50 == 0) run("/bin/true");
      _exit(i & 63);
    }
    if (i % 5 == 4) reap();
  }
  reap();
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  int n = argc > 2 ? atoi(argv[2]) : 20;
  fence();
  if (!strcmp(mode, "storm")) storm(n);
  else if (!strcmp(mode, "threads")) threads(n);
  else if (!strcmp(mode, "vforks")) vforks(n);
  else if (!strcmp(mode, "kills")) kills(n);
  else if (!strcmp(mode, "daemons")) daemons(n);
  else if (!strcmp(mode, "arguments")) arguments();
  else if (!strcmp(mode, "chain")) chain(n);
  else if (!strcmp(mode, "reuse")) reuse(n);
  else return fprintf(stderr, "workload: no mode %s\n", mode), 99;
  return 0;
}
