#if defined(__linux__) && !defined(_GNU_SOURCE)
#    define _GNU_SOURCE // O_DIRECT, statx
#endif

#include "expert-io.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#if !defined(_WIN32)
#    include <fcntl.h>
#    include <sys/mman.h>
#    include <sys/stat.h>
#    include <unistd.h>
#endif

namespace thimble {

namespace {

constexpr int    max_tries       = 3;
constexpr size_t fallback_align  = 4096; // every disk takes it
constexpr size_t largest_request = 1u << 30; // read(2) takes at most 2 GiB at once

size_t round_up(size_t value, size_t unit) {
    return (value + unit - 1) / unit * unit;
}

#if !defined(_WIN32)

class posix_file : public model_file {
  public:
    posix_file(std::string path, int fd, const struct stat & info, size_t alignment, bool direct) :
        path_(std::move(path)),
        fd_(fd),
        size_((uint64_t) info.st_size),
        modified_(modified(info)),
        alignment_(alignment),
        direct_(direct) {}

    ~posix_file() override { close(fd_); }

    size_t alignment() const override { return alignment_.load(std::memory_order_relaxed); }

    uint64_t size() const override { return size_; }

    bool direct() const override { return direct_.load(std::memory_order_relaxed); }

    const std::string & path() const override { return path_; }

    int64_t read(void * data, size_t size, uint64_t offset) override {
        const ssize_t got = pread(fd_, data, size, (off_t) offset);
        if (got < 0) {
            return -errno;
        }
#    if defined(POSIX_FADV_DONTNEED)
        if (!direct()) {
            // the pages would count against the same memory that the experts already take
            posix_fadvise(fd_, (off_t) offset, got, POSIX_FADV_DONTNEED);
        }
#    endif
        return got;
    }

    bool unchanged() const override {
        struct stat info;
        return fstat(fd_, &info) == 0 && (uint64_t) info.st_size == size_ && modified(info) == modified_;
    }

    void give_up_direct() override {
#    if defined(O_DIRECT)
        const int flags = fcntl(fd_, F_GETFL);
        if (flags >= 0) {
            fcntl(fd_, F_SETFL, flags & ~O_DIRECT);
        }
#    endif
        direct_.store(false, std::memory_order_relaxed);
        alignment_.store(1, std::memory_order_relaxed);
    }

  private:
    static int64_t modified(const struct stat & info) {
#    if defined(__APPLE__)
        return info.st_mtimespec.tv_sec * 1000000000ll + info.st_mtimespec.tv_nsec;
#    else
        return info.st_mtim.tv_sec * 1000000000ll + info.st_mtim.tv_nsec;
#    endif
    }

    const std::string   path_;
    const int           fd_;
    const uint64_t      size_;
    const int64_t       modified_;
    std::atomic<size_t> alignment_;
    std::atomic<bool>   direct_;
};

// what O_DIRECT wants on this file; 0 when the file system does not do it
size_t direct_alignment(int fd) {
#    if defined(STATX_DIOALIGN)
    struct statx info;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &info) == 0 && (info.stx_mask & STATX_DIOALIGN)) {
        return std::max<size_t>(info.stx_dio_mem_align, info.stx_dio_offset_align);
    }
#    endif
    (void) fd;
    return fallback_align;
}

bool can_read(int fd, size_t alignment) {
    void * page = mmap(nullptr, memory::page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return false;
    }
    const bool ok = alignment <= memory::page && pread(fd, page, alignment, 0) >= 0;
    munmap(page, memory::page);
    return ok;
}

#endif

std::string reason(int error) {
    return std::string(strerror(error));
}

}  // namespace

std::unique_ptr<model_file> open_model_file(const std::string & path, bool direct, std::string & error) {
#if defined(_WIN32)
    error = "Reading experts from disk is not supported on this system yet: " + path;
    (void) direct;
    return nullptr;
#else
    int    fd        = -1;
    size_t alignment = 1;
#    if defined(O_DIRECT)
    if (direct) {
        fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT);
        if (fd >= 0) {
            alignment = direct_alignment(fd);
            if (alignment == 0 || (alignment & (alignment - 1)) != 0 || !can_read(fd, alignment)) {
                close(fd);
                fd = -1;
            }
        }
    }
#    endif
    const bool is_direct = fd >= 0;
    if (fd < 0) {
        alignment = 1;
        fd        = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0) {
        error = "The model file cannot be opened: " + path + ": " + reason(errno);
        return nullptr;
    }
#    if defined(F_NOCACHE)
    if (direct) {
        fcntl(fd, F_NOCACHE, 1);
    }
#    endif
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        error = "The model file is not a file: " + path;
        close(fd);
        return nullptr;
    }
    return std::make_unique<posix_file>(path, fd, info, alignment, is_direct);
#endif
}

size_t read_room(size_t size, size_t alignment) {
    // the superset begins up to alignment - 1 bytes earlier, and its end is rounded up
    return round_up(size + 2 * (alignment - 1), alignment);
}

read_result read_exactly(model_file & file, void * room, size_t size, uint64_t offset) {
    read_result result;
    for (;;) {
        const size_t   alignment = file.alignment();
        const uint64_t begin     = offset / alignment * alignment;
        const size_t   phase     = (size_t) (offset - begin);
        const size_t   wanted    = phase + size;
        size_t         done      = 0; // whole alignment units until the last read
        int            tries     = 0;
        bool           again     = false;

        while (done < wanted) {
            const size_t  rest = std::min(round_up(wanted - done, alignment), largest_request);
            const int64_t got  = file.read((char *) room + done, rest, begin + done);
            if (got > 0) {
                result.bytes += (uint64_t) got;
                done += (size_t) got;
                if (done < wanted && done % alignment != 0) {
                    // a short read in the middle of a unit: that unit has to be asked for as a whole
                    done = done / alignment * alignment;
                    if (++tries > max_tries) {
                        // at the end of the file this would go on for ever
                        result.error = EIO;
                        break;
                    }
                }
                continue;
            }
            if (got == -EINTR || got == -EAGAIN) {
                result.retries++;
                continue;
            }
            if (got == -EINVAL && alignment > 1) {
                file.give_up_direct();
                result.retries++;
                again = true;
                break;
            }
            if (got == 0 || ++tries >= max_tries) {
                result.error = got == 0 ? EIO : (int) -got;
                break;
            }
            result.retries++;
            std::this_thread::sleep_for(std::chrono::milliseconds(1 << tries));
        }
        if (again) {
            continue;
        }
        if (!file.unchanged()) {
            result.changed = true;
            result.error   = EIO;
        }
        result.data = (const char *) room + phase;
        return result;
    }
}

namespace memory {

#if defined(_WIN32)

void * reserve(size_t) { return nullptr; }
void * reserve_usable(size_t, bool) { return nullptr; }
void   decommit(void *, size_t) {}
void   release(void *, size_t) {}
void * zeros(size_t) { return nullptr; }

#else

namespace {

void * map(size_t size, int protection, int flags) {
#    if defined(MAP_NORESERVE)
    flags |= MAP_NORESERVE;
#    endif
    void * address = mmap(nullptr, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    return address == MAP_FAILED ? nullptr : address;
}

}  // namespace

void * reserve(size_t size) {
    return map(size, PROT_NONE, 0);
}

void * reserve_usable(size_t size, bool huge) {
    void * address = map(size, PROT_READ | PROT_WRITE, 0);
#    if defined(MADV_HUGEPAGE)
    if (address && huge) {
        madvise(address, size, MADV_HUGEPAGE);
    }
#    endif
    (void) huge;
    return address;
}

void decommit(void * address, size_t size) {
    if (size == 0) {
        return;
    }
#    if defined(__linux__)
    madvise(address, size, MADV_DONTNEED);
#    else
    // new anonymous pages over the old ones: what MADV_DONTNEED promises on Linux only
    mmap(address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
#    endif
}

void release(void * address, size_t size) {
    if (address) {
        munmap(address, size);
    }
}

void * zeros(size_t size) {
    return map(size, PROT_READ, 0);
}

#endif

}  // namespace memory

}  // namespace thimble
