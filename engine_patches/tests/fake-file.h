#pragma once

// A model file whose bytes follow from their place, and whose disk can be made to misbehave.

#include "expert-io.h"

#include "harness.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

// the byte at a place
inline unsigned char byte_at(uint32_t file, uint64_t offset) {
    uint64_t x = offset * 0x9e3779b97f4a7c15ull + file * 0xd1342543de82ef95ull + 1;
    x ^= x >> 29;
    x *= 0xbf58476d1ce4e5b9ull;
    return (unsigned char) (x >> 56);
}

// What all files of one store share: their faults, and what was asked of them. Faults may be changed at any time.
struct fake_disk {
    using fault = std::function<int64_t(uint64_t offset, size_t size)>; // bytes to give, or a negative errno

    size_t   alignment = 512;
    uint64_t size      = 1 << 20;

    std::mutex                    mutex;
    std::condition_variable       changed;
    fault                         on_read;          // asked before each read; null: all is well
    bool                          held = false;     // reads wait
    int                           waiting = 0;
    std::map<uint64_t, int>       reads;            // by offset
    std::atomic<bool>             same { true };    // unchanged()

    void set(fault f) {
        std::lock_guard<std::mutex> lock(mutex);
        on_read = std::move(f);
    }

    void hold(bool on) {
        {
            std::lock_guard<std::mutex> lock(mutex);
            held = on;
        }
        changed.notify_all();
    }

    // until so many reads are held
    void wait_for_held(int count) {
        std::unique_lock<std::mutex> lock(mutex);
        changed.wait(lock, [&] { return waiting >= count; });
    }

    int count_reads() {
        std::lock_guard<std::mutex> lock(mutex);
        int total = 0;
        for (const auto & r : reads) {
            total += r.second;
        }
        return total;
    }
};

class fake_file : public thimble::model_file {
  public:
    fake_file(fake_disk & disk, uint32_t number) : disk_(disk), number_(number), alignment_(disk.alignment) {}

    size_t alignment() const override { return alignment_.load(); }

    uint64_t size() const override { return disk_.size; }

    bool direct() const override { return alignment() > 1; }

    const std::string & path() const override { return path_; }

    int64_t read(void * data, size_t size, uint64_t offset) override {
        CHECK(offset % alignment() == 0);
        CHECK(size % alignment() == 0);
        CHECK((uintptr_t) data % alignment() == 0);
        int64_t give = 0;
        {
            std::unique_lock<std::mutex> lock(disk_.mutex);
            disk_.reads[offset]++;
            disk_.waiting++;
            disk_.changed.notify_all();
            disk_.changed.wait(lock, [&] { return !disk_.held; });
            disk_.waiting--;
            give = disk_.on_read ? disk_.on_read(offset, size) : (int64_t) size;
        }
        if (give < 0) {
            return give;
        }
        const uint64_t end = disk_.size; // the file's end is no multiple of anything
        give = offset >= end ? 0 : (int64_t) std::min<uint64_t>((uint64_t) give, end - offset);
        for (int64_t i = 0; i < give; i++) {
            ((unsigned char *) data)[i] = byte_at(number_, offset + (uint64_t) i);
        }
        return give;
    }

    bool unchanged() const override { return disk_.same.load(); }

    void give_up_direct() override { alignment_.store(1); }

  private:
    fake_disk &         disk_;
    uint32_t            number_;
    std::atomic<size_t> alignment_;
    std::string         path_ = "model.gguf";
};
