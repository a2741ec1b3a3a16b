/* Stands in for a Node in build-targets.sh: loads the addon and looks up its entry point, then loads a library that
   was linked the same way and lets it panic and catch the panic. Both fail where the unwinder is missing or foreign. */
#include <dlfcn.h>
#include <stdio.h>

static void *load(const char *path, const char *name) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = library ? dlsym(library, name) : NULL;
    if (symbol == NULL) {
        fprintf(stderr, "%s: %s\n", path, dlerror());
    }
    return symbol;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: load ADDON UNWIND_LIBRARY\n");
        return 2;
    }
    if (load(argv[1], "napi_register_module_v1") == NULL) {
        return 1;
    }
    int (*panics_caught)(int) = (int (*)(int))load(argv[2], "panics_caught");
    if (panics_caught == NULL) {
        return 1;
    }
    int caught = panics_caught(3);
    printf("loaded in a program of this libc, %d of 3 panics caught\n", caught);
    return caught == 3 ? 0 : 1;
}
