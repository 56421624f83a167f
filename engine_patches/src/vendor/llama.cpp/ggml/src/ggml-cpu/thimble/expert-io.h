#pragma once

// Reading expert matrices from model files: past the page cache where the system can, checked on every read.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace thimble {

// One open model file. Every function may be called from several threads at once.
class model_file {
  public:
    virtual ~model_file() = default;

    // what `read` wants offset, length and address to be multiples of; a power of two, 1 without O_DIRECT
    virtual size_t alignment() const = 0;
    virtual uint64_t size() const = 0;
    virtual bool direct() const = 0;
    virtual const std::string & path() const = 0;

    // Bytes read (fewer than asked for only at the end of the file or when interrupted), or a negative errno.
    virtual int64_t read(void * data, size_t size, uint64_t offset) = 0;

    // whether the file on disk is still the one that was opened (size and modification time)
    virtual bool unchanged() const = 0;

    // From now on through the page cache; `alignment` becomes 1. For systems that refuse O_DIRECT only when it is used.
    virtual void give_up_direct() = 0;
};

// Null and a sentence in `error` when it cannot be opened.
std::unique_ptr<model_file> open_model_file(const std::string & path, bool direct, std::string & error);

// what one read_exactly did
struct read_result {
    int         error   = 0;       // 0, or an errno; EIO too for an end of file that came too early
    bool        changed = false;   // the file was changed on disk
    uint64_t    bytes   = 0;       // read, alignment included
    uint32_t    retries = 0;
    const char * data   = nullptr; // where `offset` landed
};

// Room that read_exactly needs for `size` bytes of a file with this alignment.
size_t read_room(size_t size, size_t alignment);

// Reads [offset, offset + size) as an aligned superset to `room`, which is aligned to 4096 and has read_room(size,
// alignment) bytes. Goes on after short reads and EINTR, tries other errors three times with a pause, and after
// EINVAL gives up O_DIRECT.
read_result read_exactly(model_file & file, void * room, size_t size, uint64_t offset);

// Address space, committed and given back in whole pages.
namespace memory {
    constexpr size_t page = 4096;

    void * reserve(size_t size);                              // null when there is no address space; reads and writes fault
    void * reserve_usable(size_t size, bool huge);            // usable, but takes no memory until touched
    void   decommit(void * address, size_t size);             // gives the memory back, keeps the addresses
    void   release(void * address, size_t size);
    void * zeros(size_t size);                                // readable zeros that take no memory
}

}  // namespace thimble
