#include "fake-file.h"

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <unistd.h>

using thimble::read_exactly;
using thimble::read_room;

namespace {

struct room {
    explicit room(size_t size) : address(thimble::memory::reserve_usable(size, false)), size(size) {
        CHECK(address != nullptr);
    }
    ~room() { thimble::memory::release(address, size); }

    void * address;
    size_t size;
};

bool right(const char * data, uint64_t offset, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char) data[i] != byte_at(0, offset + i)) {
            return false;
        }
    }
    return true;
}

// a file on the real disk
struct real_file {
    std::string path;

    explicit real_file(size_t size) {
        char name[] = "thimble-test-XXXXXX";
        const int fd = mkstemp(name);
        CHECK(fd >= 0);
        path = name;
        std::vector<unsigned char> bytes(size);
        for (size_t i = 0; i < size; i++) {
            bytes[i] = byte_at(0, i);
        }
        CHECK(write(fd, bytes.data(), size) == (ssize_t) size);
        CHECK(fsync(fd) == 0);
        close(fd);
    }
    ~real_file() { unlink(path.c_str()); }
};

}  // namespace

TEST(any_place_is_read_through_whole_units) {
    for (size_t alignment : { (size_t) 1, (size_t) 512, (size_t) 4096 }) {
        fake_disk disk;
        disk.alignment = alignment;
        disk.size      = 100001; // the last unit is not whole
        fake_file file(disk, 0);
        for (uint64_t offset : { 0ull, 1ull, 31ull, 511ull, 512ull, 4097ull, 90001ull }) {
            for (size_t size : { (size_t) 1, (size_t) 500, (size_t) 10000 }) {
                room r(read_room(size, alignment) + 4096);
                const auto got = read_exactly(file, r.address, size, offset);
                CHECK(got.error == 0);
                CHECK(got.data + size <= (const char *) r.address + read_room(size, alignment));
                CHECK(right(got.data, offset, size));
            }
        }
    }
}

TEST(what_comes_in_pieces_is_put_together) {
    fake_disk disk;
    fake_file file(disk, 0);
    disk.set([](uint64_t, size_t size) { return (int64_t) std::min<size_t>(size, 512); });
    room r(read_room(5000, 512));
    const auto got = read_exactly(file, r.address, 5000, 777);
    CHECK(got.error == 0);
    CHECK(right(got.data, 777, 5000));
}

TEST(an_end_that_comes_too_early_is_an_error) {
    fake_disk disk;
    disk.size = 4000;
    fake_file file(disk, 0);
    room r(read_room(5000, 512));
    CHECK(read_exactly(file, r.address, 5000, 777).error == EIO);
}

TEST(interruptions_do_not_count_and_errors_are_tried_three_times) {
    fake_disk disk;
    fake_file file(disk, 0);
    room r(read_room(1000, 512));
    int n = 0;
    disk.set([&n](uint64_t, size_t size) { return n++ < 20 ? (int64_t) -EINTR : (int64_t) size; });
    CHECK(read_exactly(file, r.address, 1000, 0).error == 0);
    n = 0;
    disk.set([&n](uint64_t, size_t size) { return n++ < 2 ? (int64_t) -EIO : (int64_t) size; });
    const auto twice = read_exactly(file, r.address, 1000, 0);
    CHECK(twice.error == 0 && twice.retries == 2);
    n = 0;
    disk.set([&n](uint64_t, size_t) { return n++, (int64_t) -EIO; });
    CHECK(read_exactly(file, r.address, 1000, 0).error == EIO);
    CHECK(n == 3);
}

TEST(a_system_that_refuses_direct_reads_gets_others) {
    fake_disk disk;
    fake_file file(disk, 0);
    int n = 0;
    disk.set([&n](uint64_t, size_t size) { return n++ == 0 ? (int64_t) -EINVAL : (int64_t) size; });
    room r(read_room(1000, 512));
    const auto got = read_exactly(file, r.address, 1000, 777);
    CHECK(got.error == 0);
    CHECK(right(got.data, 777, 1000));
    CHECK(!file.direct());
}

TEST(a_changed_file_is_noticed) {
    fake_disk disk;
    fake_file file(disk, 0);
    disk.same = false;
    room r(read_room(1000, 512));
    const auto got = read_exactly(file, r.address, 1000, 0);
    CHECK(got.changed && got.error == EIO);
}

TEST(a_real_file_is_read_directly_and_through_the_cache) {
    real_file disk(20001);
    for (bool direct : { true, false }) {
        std::string error;
        auto file = thimble::open_model_file(disk.path, direct, error);
        CHECK(file != nullptr);
        CHECK(file->size() == 20001);
        CHECK(direct || !file->direct());
        room r(read_room(9000, 4096));
        const auto got = read_exactly(*file, r.address, 9000, 11001); // up to the very end
        CHECK(got.error == 0);
        CHECK(right(got.data, 11001, 9000));
        CHECK(file->unchanged());
        CHECK(truncate(disk.path.c_str(), 20001) == 0); // a new modification time at least
        CHECK(truncate(disk.path.c_str(), 19000) == 0);
        CHECK(!file->unchanged());
        CHECK(truncate(disk.path.c_str(), 20001) == 0);
        std::vector<unsigned char> bytes(20001);
        for (size_t i = 0; i < bytes.size(); i++) {
            bytes[i] = byte_at(0, i);
        }
        FILE * again = std::fopen(disk.path.c_str(), "r+b");
        CHECK(again && std::fwrite(bytes.data(), 1, bytes.size(), again) == bytes.size());
        CHECK(std::fclose(again) == 0);
    }
}

TEST(what_is_no_file_is_refused_with_its_name) {
    std::string error;
    CHECK(thimble::open_model_file("there-is-no-such-file", true, error) == nullptr);
    CHECK(error.find("there-is-no-such-file") != std::string::npos);
    error.clear();
    CHECK(thimble::open_model_file(".", true, error) == nullptr);
    CHECK(!error.empty());
}

TEST(memory_that_was_given_back_reads_as_zero) {
    room r(1 << 20);
    std::memset(r.address, 7, 1 << 20);
    thimble::memory::decommit(r.address, 1 << 20);
    CHECK(((char *) r.address)[12345] == 0);
    char * zeros = (char *) thimble::memory::zeros(8192);
    CHECK(zeros && zeros[8191] == 0);
    thimble::memory::release(zeros, 8192);
}
