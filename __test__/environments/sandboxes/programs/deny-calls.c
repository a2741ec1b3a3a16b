// deny-calls RULE... -- COMMAND...: runs COMMAND under a seccomp filter.
//
// RULE is ERRNO:FROM-TO, both errno and system calls by number, FROM and TO included, or ERRNO:FROM-TO:INDEX&BITS, which fits
// if one of the bits is set in the lower half of that argument. The first rule that fits decides; a call that none fits passes.
// The filter survives execve(2) and holds for all threads.
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the numbers of this processor's system calls are not known here"
#endif

#define MOST_OF_A_RULE 6
/* Both processors are little-endian. */
#define LOWER_HALF 0
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, (value))

int main(int count, char **words) {
  int last = 1;
  while (last < count && strcmp(words[last], "--") != 0) last++;
  if (last + 1 >= count) {
    fprintf(stderr, "usage: deny-calls ERRNO:FROM-TO... -- COMMAND...\n");
    return 125;
  }
  struct sock_filter *filter = calloc(5 + MOST_OF_A_RULE * (size_t)last, sizeof *filter);
  if (filter == NULL) return 125;
  unsigned short length = 0;
  // Numbers of another architecture (32-bit programs) mean other calls.
  filter[length++] = (struct sock_filter)LOAD(arch);
  filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
  filter[length++] = (struct sock_filter)ANSWER(SECCOMP_RET_ALLOW);
  filter[length++] = (struct sock_filter)LOAD(nr);
  for (int word = 1; word < last; word++) {
    unsigned error, from, to, index, bits;
    int fields = sscanf(words[word], "%u:%u-%u:%u&%u", &error, &from, &to, &index, &bits);
    if ((fields != 3 && fields != 5) || (fields == 5 && index > 5)) {
      fprintf(stderr, "deny-calls: not a rule: %s\n", words[word]);
      return 125;
    }
    unsigned char over = fields == 5 ? 5 : 2;
    filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, from, 0, over);
    filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, to, (unsigned char)(over - 1), 0);
    if (fields == 5) {
      filter[length++] = (struct sock_filter)LOAD(args[0]);
      filter[length - 1].k += LOWER_HALF + index * (unsigned)sizeof(__u64);
      filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    }
    filter[length++] = (struct sock_filter)ANSWER(SECCOMP_RET_ERRNO | (error & SECCOMP_RET_DATA));
    if (fields == 5) filter[length++] = (struct sock_filter)LOAD(nr);
  }
  filter[length++] = (struct sock_filter)ANSWER(SECCOMP_RET_ALLOW);
  struct sock_fprog program = {.len = length, .filter = filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    perror("deny-calls: seccomp");
    return 125;
  }
  execvp(words[last + 1], words + last + 1);
  perror("deny-calls: execvp");
  return 126;
}
