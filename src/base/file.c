#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

static enum file_kind kind_of_mode(mode_t mode)
{
    return S_ISREG(mode) ? FILE_REGULAR : S_ISDIR(mode) ? FILE_FOLDER : FILE_OTHER;
}

enum file_kind file_kind(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? kind_of_mode(st.st_mode) : FILE_MISSING;
}

/* size: of a regular file, 0 when it is not known. Behind so many bytes no further read has to find the end. */
static enum status read_all(int fd, const char *path, size_t size, size_t max_bytes, struct arena *a, struct str *text,
                            struct error *err)
{
    size_t cap = size > 0 ? size : 4096, n = 0;
    char *p = arena_alloc_raw(a, cap + 1);
    for (;;) {
        const ssize_t got = read(fd, p + n, cap - n + 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return error_errno(err, "read", path);
        }
        n += (size_t)got;
        if (got == 0 || (size > 0 && n == size)) {
            break;
        }
        if (n > max_bytes) {
            error_set(err, ST_USAGE, "%s is larger than %zu MB", path, max_bytes >> 20);
            error_hint(err, "a migration this large is usually data: load it with COPY outside the migrations");
            return ST_USAGE;
        }
        if (n > cap) {
            char *more = arena_alloc_raw(a, cap * 2 + 4096 + 1);
            memcpy(more, p, n);
            cap = cap * 2 + 4096;
            p = more;
        }
    }
    p[n] = '\0';
    *text = (struct str){p, n};
    return ST_OK;
}

enum status file_read(const char *path, size_t max_bytes, struct arena *a, struct str *text, struct error *err)
{
    struct stat st;
    if (strcmp(path, "-") == 0) {
        return read_all(STDIN_FILENO, "standard input", 0, max_bytes, a, text, err);
    }
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        const bool missing = errno == ENOENT || errno == ENOTDIR;
        error_errno(err, "read", path);
        return err->status = missing ? ST_USAGE : ST_SYSTEM;
    }
    enum status status = ST_OK;
    if (fstat(fd, &st) != 0) {
        status = error_errno(err, "read", path);
    } else if (S_ISDIR(st.st_mode)) {
        status = error_set(err, ST_USAGE, "%s is a folder", path);
    } else if (S_ISBLK(st.st_mode)) {
        status = error_set(err, ST_USAGE, "%s is not a regular file", path);
    } else if (S_ISREG(st.st_mode) && (uintmax_t)st.st_size > max_bytes) {
        status = error_set(err, ST_USAGE, "%s is larger than %zu MB", path, max_bytes >> 20);
    } else {
        const size_t size = S_ISREG(st.st_mode) ? (size_t)st.st_size : 0;
        status = read_all(fd, path, size, max_bytes, a, text, err);
    }
    close(fd);
    return status;
}

static enum status write_all(int fd, const char *path, struct str text, struct error *err)
{
    while (text.n > 0) {
        const ssize_t put = write(fd, text.p, text.n);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return error_errno(err, "write", path);
        }
        text = str_slice(text, (size_t)put, text.n);
    }
    return fsync(fd) == 0 ? ST_OK : error_errno(err, "write", path);
}

/* like: whose mode and owner the new file gets; NULL: those of any new file. */
static enum status replace(const char *path, struct str text, const struct stat *like, struct error *err)
{
    struct arena a;
    arena_init(&a, 1 << 20);
    char *temporary = arena_cstr(&a, arena_printf(&a, "%s.%ld.tmp", path, (long)getpid()));
    enum status status = ST_OK;
    const int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, like ? 0600 : 0666);
    if (fd < 0) {
        status = error_errno(err, "create", temporary);
        goto out;
    }
    status = write_all(fd, temporary, text, err);
    if (!status && like) {
        /* Whoever may write the file need not be allowed to give the new one away. */
        const bool kept = fchown(fd, like->st_uid, like->st_gid) == 0 || fchown(fd, (uid_t)-1, like->st_gid) == 0;
        (void)kept;
        if (fchmod(fd, like->st_mode & 07777) != 0) {
            status = error_errno(err, "set the mode of", temporary);
        }
    }
    if (close(fd) != 0 && !status) {
        status = error_errno(err, "write", temporary);
    }
    if (!status && rename(temporary, path) != 0) {
        status = error_errno(err, "replace", path);
    }
    if (status) {
        unlink(temporary);
    }
out:
    arena_free(&a);
    return status;
}

enum status file_write_atomic(const char *path, struct str text, struct error *err)
{
    return replace(path, text, NULL, err);
}

enum status file_rewrite(const char *path, struct str before, struct str after, struct error *err)
{
    struct arena a;
    struct stat st;
    struct str text;
    char *real = realpath(path, NULL); /* a link stays a link */
    arena_init(&a, SIZE_MAX / 4);
    enum status status = real && stat(real, &st) == 0 ? ST_OK : error_errno(err, "open", path);
    if (!status) {
        status = file_read(real, SIZE_MAX / 8, &a, &text, err);
    }
    if (!status && !str_eq(text, before)) {
        status = error_set(err, ST_CONFLICT, "%s was changed by someone else meanwhile", path);
    }
    if (!status && access(real, W_OK) != 0) {
        status = error_errno(err, "write", path);
    }
    if (!status) {
        status = replace(real, after, &st, err);
    }
    arena_free(&a);
    free(real);
    return status;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct file_entry *)a)->name, ((const struct file_entry *)b)->name);
}

enum status file_list(const char *folder, struct arena *a, struct file_list *list, struct error *err)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        const bool named_wrongly = errno == ENOENT || errno == ENOTDIR;
        error_errno(err, "open the folder", folder);
        return err->status = named_wrongly ? ST_USAGE : ST_SYSTEM;
    }
    for (;;) {
        struct stat st;
        errno = 0; /* readdir() gives NULL for the end and for an error alike */
        const struct dirent *d = readdir(dir);
        if (!d) {
            break;
        }
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0) {
            continue;
        }
        struct file_entry *e = vec_push(a, list);
        e->name = arena_str(a, str_of(d->d_name));
        if (d->d_type == DT_REG || d->d_type == DT_DIR) {
            e->kind = d->d_type == DT_REG ? FILE_REGULAR : FILE_FOLDER;
            continue;
        }
        const bool there = fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0;
        e->link = there && S_ISLNK(st.st_mode);
        if (e->link ? fstatat(dirfd(dir), d->d_name, &st, 0) == 0 : there) {
            e->kind = kind_of_mode(st.st_mode);
        }
    }
    enum status status = errno == 0 ? ST_OK : error_errno(err, "read the folder", folder);
    closedir(dir);
    if (list->n > 1) {
        qsort(list->at, list->n, sizeof(list->at[0]), by_name);
    }
    return status;
}

struct str path_join(struct arena *a, struct str folder, struct str name)
{
    if (folder.n == 0 || str_eq(folder, STR("."))) {
        return arena_str(a, name);
    }
    const size_t slash = str_ends(folder, STR("/")) ? 0 : 1, n = folder.n + slash + name.n;
    char *path = arena_alloc(a, n + 1);
    memcpy(path, folder.p, folder.n);
    memcpy(path + folder.n, "/", slash);
    memcpy(path + folder.n + slash, name.p, name.n);
    return (struct str){path, n};
}

struct str path_base(struct str path)
{
    size_t start = path.n;
    while (start > 0 && path.p[start - 1] != '/') {
        start--;
    }
    return str_slice(path, start, path.n);
}

struct str path_folder(struct str path)
{
    size_t end = path.n - path_base(path).n;
    while (end > 1 && path.p[end - 1] == '/') {
        end--;
    }
    return end == 0 ? STR(".") : str_slice(path, 0, end);
}
