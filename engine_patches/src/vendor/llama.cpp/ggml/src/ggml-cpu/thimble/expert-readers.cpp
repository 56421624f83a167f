#include "expert-store-impl.h"

#include <cerrno>
#include <cstring>

namespace thimble {

namespace {

constexpr uint32_t default_io_threads = 4; // more than the disk needs: while one re-arranges, another waits for the disk
constexpr uint32_t max_io_threads     = 8;

}  // namespace

bool expert_store::impl::take_job(job & next) {
    for (std::deque<job> * queue : { &demand, &idle }) {
        while (!queue->empty()) {
            next = queue->front();
            queue->pop_front();
            if (next.what->state[next.role].load(std::memory_order_relaxed) == QUEUED) {
                return true;
            }
        }
    }
    return take_ahead(next) || (fill_on && fill(next));
}

void expert_store::impl::take_whole(entry & e, job & next) {
    bool first = true;
    for (int role = 0; role < THIMBLE_ROLE_COUNT; role++) {
        if (!e.layer->matrices[role]) {
            continue;
        }
        e.state[role].store(QUEUED, std::memory_order_relaxed);
        e.jobs++;
        if (first) {
            next = { &e, (thimble_role) role };
        } else {
            idle.push_back({ &e, (thimble_role) role });
        }
        first = false;
    }
    work.notify_one();
}

bool expert_store::impl::take_ahead(job & next) {
    while (!ahead.empty()) {
        entry & e = *ahead.front();
        ahead.pop_front();
        if (e.slot >= 0 || !is_reserved(e)) {
            continue; // there by now, or its layer is past
        }
        if (!assign(e, NOT_RESERVED)) {
            ahead.clear();
            return false;
        }
        e.ahead = true;
        counters.ahead_reads++;
        take_whole(e, next);
        return true;
    }
    return false;
}

bool expert_store::impl::fill(job & next) {
    for (; fill_at < fill_order.size(); fill_at++) {
        entry & e = *fill_order[fill_at];
        if (e.slot >= 0) {
            continue;
        }
        if (!assign(e, NOBODY)) {
            break;
        }
        counters.filled++;
        fill_at++;
        take_whole(e, next);
        return true;
    }
    fill_on = false;
    return false;
}

void expert_store::impl::io_thread(uint32_t number) {
    std::mt19937 dice(options.seed + 1 + number);
    const size_t room   = whole_pages(read_room(largest_matrix, memory::page));
    void *       bounce = bounces ? (char *) bounces + number * room : nullptr;

    std::unique_lock<std::mutex> lock(mutex);
    while (!ending) {
        job next;
        if (!take_job(next)) {
            work.wait(lock);
            continue;
        }
        entry &               e = *next.what;
        const expert_matrix & m = *e.layer->matrices[next.role];
        char * target = slot_address(class_of(e), e.slot) + e.layer->region[next.role];
        e.state[next.role].store(LOADING, std::memory_order_relaxed);
        note(THIMBLE_EVENT_READ_BEGIN, e.layer->number, e.expert, number);
        lock.unlock();

        if (fuzz()) {
            std::this_thread::sleep_for(std::chrono::microseconds(dice() % 500));
        }
        void * into = m.repack ? bounce : target;
        const uint64_t start = now_ns();
        read_result    got;
        if (into) {
            got = read_exactly(*files[m.file], into, m.bytes, m.offset + (uint64_t) e.expert * m.bytes);
        } else {
            got.error = ENOMEM;
        }
        const uint64_t read_end = now_ns();
        const char *   data     = got.data;
        if (m.repack && !got.error) {
            m.repack(target, got.data);
            data = target;
        }
        const uint64_t end = now_ns();

        lock.lock();
        counters.retries += got.retries;
        counters.bytes_read += got.bytes;
        counters.read_ns += read_end - start;
        counters.repack_ns += m.repack ? end - read_end : 0;
        if (got.error) {
            counters.errors++;
            e.failure = got;
            e.state[next.role].store(FAILED, std::memory_order_release);
        } else {
            counters.reads++;
            m.table[e.expert].store(data, std::memory_order_release);
            e.state[next.role].store(READY, std::memory_order_release);
            counters.resident_experts += is_ready(e);
        }
        e.jobs--;
        note(THIMBLE_EVENT_READ_END, e.layer->number, e.expert, number);
        arrived.notify_all();
    }
}

void expert_store::impl::fail(const expert_matrix & m, const read_result & got) {
    if (first_error.empty()) {
        const std::string & path = files[m.file]->path();
        if (got.changed) {
            first_error = "The model file was changed while it was in use: " + path;
        } else {
            first_error = "The model file could not be read (" + std::string(strerror(got.error)) + "): " + path;
        }
    }
    self.failed_.store(true, std::memory_order_relaxed);
}

void expert_store::impl::start_threads() {
    if (!threads.empty()) {
        return;
    }
    const uint32_t n = options.n_io_threads ? std::min(options.n_io_threads, max_io_threads) : default_io_threads;
    // in one piece, with huge pages where the system has them: then a read has few scattered parts
    bounces_size = n * whole_pages(read_room(largest_matrix, memory::page));
    bounces      = memory::reserve_usable(bounces_size, true);
    for (uint32_t i = 0; i < n; i++) {
        threads.emplace_back([this, i] { io_thread(i); });
    }
}

}  // namespace thimble
