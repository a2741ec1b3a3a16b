// landlock refer|truncate -- COMMAND...: runs COMMAND in a Landlock domain with every right on every file but that one.
//
// Exits with 124 where the kernel has no Landlock, or none that knows the right. Numbers are written out: the headers of
// Debian 12 are those of Linux 6.1, which has no LANDLOCK_ACCESS_FS_TRUNCATE (Linux 6.2).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RIGHTS_OF_LINUX_5_13 ((1ULL << 13) - 1)
#define REFER (1ULL << 13)
#define TRUNCATE (1ULL << 14)
#define NOT_TO_BE_HAD 124
#define FAILED 125

static int fail(const char *call) {
  fprintf(stderr, "landlock: %s: %s\n", call, strerror(errno));
  return FAILED;
}

int main(int count, char **words) {
  if (count < 4 || strcmp(words[2], "--") != 0) {
    fprintf(stderr, "usage: landlock refer|truncate -- COMMAND...\n");
    return FAILED;
  }
  int without_refer = strcmp(words[1], "refer") == 0;
  long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < (without_refer ? 1 : 3)) {
    fprintf(stderr, "landlock: the kernel has version %ld of it\n", version);
    return NOT_TO_BE_HAD;
  }
  // To rename and link between directories is forbidden in every domain that does not allow it, whether handled or not.
  __u64 handled = RIGHTS_OF_LINUX_5_13 | (without_refer ? 0 : REFER | TRUNCATE);
  struct landlock_ruleset_attr rights = {.handled_access_fs = handled};
  int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights, sizeof rights, 0);
  if (ruleset < 0) return fail("landlock_create_ruleset");
  struct landlock_path_beneath_attr everywhere = {
      .allowed_access = handled & ~TRUNCATE,
      .parent_fd = open("/", O_PATH | O_CLOEXEC),
  };
  if (everywhere.parent_fd < 0) return fail("open");
  if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &everywhere, 0) != 0)
    return fail("landlock_add_rule");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail("prctl");
  if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) return fail("landlock_restrict_self");
  close(ruleset);
  close(everywhere.parent_fd);
  execvp(words[3], words + 3);
  fail("execvp");
  return 126;
}
