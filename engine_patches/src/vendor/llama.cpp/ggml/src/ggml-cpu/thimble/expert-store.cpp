#include "expert-store.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

namespace thimble {

namespace {

constexpr uint32_t default_io_threads = 4; // more than the disk needs: while one re-arranges, another waits for the disk
constexpr uint32_t max_io_threads     = 8;
constexpr int      max_uses           = 16; // ops at the same time: contexts that compute with one model
constexpr auto     stop_poll          = std::chrono::milliseconds(10);

enum matrix_state : uint8_t { ABSENT, QUEUED, LOADING, READY, FAILED };

uint64_t now_ns() {
    return (uint64_t) std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch()).count();
}

size_t whole_pages(size_t size) {
    return (size + memory::page - 1) / memory::page * memory::page;
}

std::string mebibytes(uint64_t bytes) {
    return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB";
}

struct layer_info;

struct entry {
    layer_info *         layer  = nullptr;
    uint32_t             expert = 0;
    int64_t              slot   = -1;
    std::atomic<int>     pins { 0 };  // threads that have yet to pass it, over all ops
    int                  jobs   = 0;  // matrices queued or being read
    std::atomic<uint8_t> state[THIMBLE_ROLE_COUNT];
    uint64_t             stamp  = 0;  // of the last use
    entry *              newer  = nullptr;
    entry *              older  = nullptr;
    uint64_t             uses   = 0;
    uint64_t             misses = 0;

    entry() {
        for (auto & s : state) {
            s.store(ABSENT, std::memory_order_relaxed);
        }
    }
};

struct layer_info {
    uint32_t        number     = 0;
    uint32_t        n_experts  = 0;
    int             first_role = -1; // the role whose op comes first in the graph: learned
    size_t          slot_class = 0;
    expert_matrix * matrices[THIMBLE_ROLE_COUNT] = {};
    size_t          region[THIMBLE_ROLE_COUNT]   = {}; // where in the slot
    std::unique_ptr<entry[]> entries;
};

// Slots of one size. Entries that have a slot are linked by age.
struct slot_class {
    size_t               bytes = 0;
    char *               base  = nullptr;
    size_t               n     = 0;     // slots of address space: one for each expert of the class
    std::vector<int64_t> free;          // have memory and no expert
    std::vector<int64_t> cold;          // have no memory; the lowest last
    std::vector<entry *> owner;         // by slot
    std::vector<bool>    warm;          // by slot: has memory
    entry *              newest = nullptr;
    entry *              oldest = nullptr;
};

struct job {
    entry *      what;
    thimble_role role;
};

}  // namespace

// One op in progress. Written by `begin` before the op's barrier, then `assigned` and `unassigned` under the lock.
struct expert_use {
    const void *          key    = nullptr;
    const expert_matrix * matrix = nullptr;
    layer_info *          layer  = nullptr;
    int                   n_threads = 0;
    bool                  streaming = false;
    bool                  stopped   = false;
    expert_store::stop_fn stop      = nullptr;
    int                   unassigned = 0;
    bool                  starved = false;            // counted in impl::starved
    std::vector<uint32_t> needed;
    std::unique_ptr<std::atomic<uint8_t>[]> assigned; // by position in needed
    size_t                room = 0;
    std::atomic<int>      active { 0 };               // threads that have not finished their walk
    std::atomic<const void *> claimed { nullptr };    // = key, for lookups without the lock

    bool wants_stop() const { return stop && stop(key); }
};

struct expert_store::impl {
    expert_store & self;

    thimble_store_options                    options {};
    std::vector<std::unique_ptr<model_file>> files;
    std::vector<std::unique_ptr<expert_matrix>> matrices;
    std::vector<std::unique_ptr<layer_info>> layers;
    std::vector<slot_class>                  classes;
    size_t                                   largest_matrix = 0;
    bool                                     laid_out = false;

    mutable std::mutex      mutex;
    std::condition_variable arrived;  // a matrix is ready or failed, a slot is free, or a thread stopped
    std::condition_variable work;     // for the I/O threads
    std::deque<job>         demand;
    std::deque<job>         idle;     // of experts nobody has asked for yet
    size_t                  fill_at = 0;
    bool                    fill_on = false;
    bool                    ending  = false;
    std::vector<std::thread> threads;
    expert_use              uses[max_uses];

    uint64_t budget    = 0;
    uint64_t committed = 0;   // bytes of slots that have memory
    uint64_t clock     = 0;
    std::string first_error;

    // wall time in which compute threads are in ops, but all of them wait
    std::atomic<int> starved { 0 }; // ops for whose experts there are not enough slots
    std::atomic<int> running { 0 };
    int              waiting     = 0;
    uint64_t         stall_since = 0;

    thimble_store_stats counters {};
    std::mt19937        random;

    std::vector<int32_t> trace;
    size_t               trace_read_at = 0;
    uint64_t             trace_max     = 0;

    explicit impl(expert_store & store) : self(store) {}

    bool fuzz() const { return options.flags & THIMBLE_STORE_FUZZ; }

    layer_info & layer_of(const expert_matrix & matrix) {
        return **std::lower_bound(layers.begin(), layers.end(), matrix.layer,
                                  [](const auto & layer, uint32_t n) { return layer->number < n; });
    }

    // ---- layout -----------------------------------------------------------------------------------------------------

    size_t region_bytes(const expert_matrix & matrix) const {
        const size_t size = matrix.repack ? matrix.bytes
                                          : read_room(matrix.bytes, files[matrix.file]->alignment());
        return whole_pages(size);
    }

    // where each of a layer's matrices is in its slot; the slot's size
    size_t place_matrices(layer_info & layer) const {
        size_t bytes = 0;
        for (int role = 0; role < THIMBLE_ROLE_COUNT; role++) {
            if (layer.matrices[role]) {
                layer.region[role] = bytes;
                bytes += region_bytes(*layer.matrices[role]);
            }
        }
        return bytes;
    }

    bool lay_out(std::string & error) {
        if (laid_out) {
            return true;
        }
        for (auto & layer : layers) {
            const size_t bytes = place_matrices(*layer);
            size_t c = 0;
            while (c < classes.size() && classes[c].bytes != bytes) {
                c++;
            }
            if (c == classes.size()) {
                classes.emplace_back();
                classes.back().bytes = bytes;
            }
            layer->slot_class = c;
            classes[c].n += layer->n_experts;
            layer->entries.reset(new entry[layer->n_experts]);
            for (uint32_t e = 0; e < layer->n_experts; e++) {
                layer->entries[e].layer  = layer.get();
                layer->entries[e].expert = e;
            }
        }
        for (auto & c : classes) {
            // With one size slots are handed out and taken back at the end only, so that huge pages stay whole.
            c.base = (char *) memory::reserve_usable(c.n * c.bytes, classes.size() == 1);
            if (!c.base) {
                error = "There is no address space for the experts (" + mebibytes(c.n * c.bytes) + ").";
                release_classes();
                return false;
            }
            c.owner.assign(c.n, nullptr);
            c.warm.assign(c.n, false);
            c.cold.resize(c.n);
            for (size_t i = 0; i < c.n; i++) {
                c.cold[i] = (int64_t) (c.n - 1 - i);
            }
        }
        laid_out = true;
        return true;
    }

    void release_classes() {
        for (auto & c : classes) {
            memory::release(c.base, c.n * c.bytes);
        }
        classes.clear();
    }

    uint64_t least_bytes() const {
        uint64_t bytes = 0;
        for (const auto & c : classes) {
            bytes += c.bytes;
        }
        return bytes;
    }

    // ---- age ----------------------------------------------------------------------------------------------------------

    slot_class & class_of(const entry & e) { return classes[e.layer->slot_class]; }

    void unlink(entry & e) {
        slot_class & c = class_of(e);
        (e.newer ? e.newer->older : c.newest) = e.older;
        (e.older ? e.older->newer : c.oldest) = e.newer;
        e.newer = e.older = nullptr;
    }

    void link_newest(entry & e) {
        slot_class & c = class_of(e);
        e.older = c.newest;
        e.newer = nullptr;
        (c.newest ? c.newest->newer : c.oldest) = &e;
        c.newest = &e;
    }

    void link_oldest(entry & e) {
        slot_class & c = class_of(e);
        e.newer = c.oldest;
        e.older = nullptr;
        (c.oldest ? c.oldest->older : c.newest) = &e;
        c.oldest = &e;
    }

    void touch(entry & e) {
        e.stamp = ++clock;
        if (class_of(e).newest != &e) {
            unlink(e);
            link_newest(e);
        }
    }

    // ---- slots --------------------------------------------------------------------------------------------------------

    char * slot_address(const slot_class & c, int64_t slot) const { return c.base + (size_t) slot * c.bytes; }

    static bool free_to_go(const entry & e) {
        return e.jobs == 0 && e.pins.load(std::memory_order_acquire) == 0;
    }

    void evict(entry & e) {
        slot_class & c = class_of(e);
        counters.resident_experts -= is_ready(e);
        for (int role = 0; role < THIMBLE_ROLE_COUNT; role++) {
            if (expert_matrix * m = e.layer->matrices[role]) {
                m->table[e.expert].store(nullptr, std::memory_order_relaxed);
                e.state[role].store(ABSENT, std::memory_order_relaxed);
            }
        }
        if (fuzz()) {
            memset(slot_address(c, e.slot), 0xff, c.bytes); // NaN scales: a stale read shows
        }
        unlink(e);
        c.owner[e.slot] = nullptr;
        c.free.push_back(e.slot);
        e.slot = -1;
        counters.evictions++;
        counters.resident_bytes -= c.bytes;
    }

    entry * oldest_free_to_go(slot_class & c) {
        if (fuzz()) {
            std::vector<entry *> all;
            for (entry * e = c.oldest; e; e = e->newer) {
                if (free_to_go(*e)) {
                    all.push_back(e);
                }
            }
            return all.empty() ? nullptr : all[random() % all.size()];
        }
        entry * e = c.oldest;
        while (e && !free_to_go(*e)) {
            e = e->newer;
        }
        return e;
    }

    // Which expert shall make room for one of class `mine`. A slot of the same size is worth more: one of another size
    // has to be given back to the system and the new one touched page by page, so it must be clearly older.
    entry * victim_for(const slot_class & mine) {
        entry * same = nullptr, * other = nullptr;
        for (auto & c : classes) {
            entry * e = oldest_free_to_go(c);
            if (&c == &mine) {
                same = e;
            } else if (e && (!other || e->stamp < other->stamp)) {
                other = e;
            }
        }
        if (!same || !other) {
            return same ? same : other;
        }
        return (clock - same->stamp) * 4 >= (clock - other->stamp) * 3 ? same : other;
    }

    void warm_up(slot_class & c) {
        const int64_t slot = c.cold.back();
        c.cold.pop_back();
        c.warm[slot] = true;
        c.free.push_back(slot);
        committed += c.bytes;
    }

    void cool_down(slot_class & c, int64_t slot) {
        memory::decommit(slot_address(c, slot), c.bytes);
        c.warm[slot] = false;
        c.cold.push_back(slot);
        committed -= c.bytes;
    }

    bool free_slot(slot_class & c, bool may_evict) {
        if (!c.free.empty()) {
            return true;
        }
        for (;;) {
            if (!c.cold.empty() && committed + c.bytes <= budget) {
                warm_up(c);
                return true;
            }
            // memory that another class holds without using it
            bool given = false;
            for (auto & other : classes) {
                if (&other != &c && !other.free.empty()) {
                    const int64_t slot = other.free.back();
                    other.free.pop_back();
                    cool_down(other, slot);
                    given = true;
                    break;
                }
            }
            if (given) {
                continue;
            }
            entry * victim = may_evict ? victim_for(c) : nullptr;
            if (!victim) {
                return false;
            }
            evict(*victim);
            if (!c.free.empty()) {
                return true;
            }
        }
    }

    bool assign(entry & e, bool may_evict) {
        slot_class & c = class_of(e);
        if (!free_slot(c, may_evict)) {
            return false;
        }
        e.slot = c.free.back();
        c.free.pop_back();
        c.owner[e.slot] = &e;
        counters.resident_bytes += c.bytes;
        return true;
    }

    // ---- compute ------------------------------------------------------------------------------------------------------

    bool is_ready(const entry & e) const {
        for (int role = 0; role < THIMBLE_ROLE_COUNT; role++) {
            if (e.layer->matrices[role] && e.state[role].load(std::memory_order_relaxed) != READY) {
                return false;
            }
        }
        return true;
    }

    void want(entry & e, int role) {
        const uint8_t s = e.state[role].load(std::memory_order_relaxed);
        if (s == ABSENT || s == FAILED) {
            e.state[role].store(QUEUED, std::memory_order_relaxed);
            e.jobs++;
        } else if (s != QUEUED) {
            return;
        }
        demand.push_back({ &e, (thimble_role) role }); // one that idle threads had queued is asked for twice
    }

    // Pins what has a slot, gives slots to as many others as possible, queues what has to be read.
    void assign_more(expert_use & u, bool first_time) {
        std::vector<entry *> & fresh = scratch;
        fresh.clear();
        for (size_t i = 0; i < u.needed.size() && (first_time || u.unassigned > 0); i++) {
            if (u.assigned[i].load(std::memory_order_relaxed)) {
                continue;
            }
            entry & e = u.layer->entries[u.needed[i]];
            if (e.slot < 0) {
                continue;
            }
            adopt(u, i, e, fresh);
        }
        for (size_t i = 0; i < u.needed.size() && u.unassigned > 0; i++) {
            if (u.assigned[i].load(std::memory_order_relaxed)) {
                continue;
            }
            entry & e = u.layer->entries[u.needed[i]];
            if (!assign(e, true)) {
                break;
            }
            link_newest(e);
            e.stamp = ++clock;
            adopt(u, i, e, fresh);
        }
        set_starved(u, u.unassigned > 0 && !u.stopped);
        if (fresh.empty()) {
            return;
        }
        const int own = u.matrix->role;
        for (entry * e : fresh) {
            want(*e, own);
        }
        if (!u.streaming) {
            // the layer's other matrices are needed for certain; what comes first in the graph goes first
            for (int role = 0; role < THIMBLE_ROLE_COUNT; role++) {
                if (role != own && u.layer->matrices[role]) {
                    for (entry * e : fresh) {
                        want(*e, role);
                    }
                }
            }
        }
        work.notify_all();
    }

    void set_starved(expert_use & u, bool is) {
        if (u.starved != is) {
            u.starved = is;
            starved.fetch_add(is ? 1 : -1);
        }
    }

    void adopt(expert_use & u, size_t position, entry & e, std::vector<entry *> & fresh) {
        e.pins.fetch_add(u.n_threads, std::memory_order_relaxed);
        touch(e);
        u.unassigned--;
        const int own = u.matrix->role;
        if (e.state[own].load(std::memory_order_relaxed) != READY || (!u.streaming && !is_ready(e))) {
            fresh.push_back(&e);
        }
        u.assigned[position].store(1, std::memory_order_release);
    }

    std::vector<entry *> scratch;

    // Waits on `arrived`; the time in which nobody computes is the stall.
    void wait(std::unique_lock<std::mutex> & lock) {
        waiting++;
        if (running.fetch_sub(1) == 1) {
            stall_since = now_ns();
        }
        arrived.wait_for(lock, stop_poll);
        end_stall();
        running.fetch_add(1);
        waiting--;
    }

    void end_stall() {
        if (stall_since) {
            counters.stall_ns += now_ns() - stall_since;
            stall_since = 0;
        }
    }

    expert_use * find_use(const void * key) {
        for (auto & u : uses) {
            if (u.claimed.load(std::memory_order_acquire) == key) {
                return &u;
            }
        }
        return nullptr;
    }

    expert_use & claim(const void * key) {
        expert_use * found = find_use(key);
        for (int i = 0; !found && i < max_uses; i++) {
            if (uses[i].active.load(std::memory_order_acquire) == 0) {
                found = &uses[i];
            }
        }
        if (!found) {
            fprintf(stderr, "thimble: more than %d contexts compute with one model at once\n", max_uses);
            abort();
        }
        assert(found->active.load() == 0);
        found->key = key;
        found->claimed.store(key, std::memory_order_release);
        return *found;
    }

    void record(const layer_info & layer, const route_ids & routes) {
        if (trace_max == 0 || !routes.ids) {
            return;
        }
        const uint64_t size = 3 + (uint64_t) (routes.n_tokens * routes.n_used);
        if (trace.size() + size > trace_max) {
            trace_max = 0; // a trace with holes would be wrong: the end of it is the end
            return;
        }
        trace.push_back((int32_t) layer.number);
        trace.push_back((int32_t) routes.n_tokens);
        trace.push_back((int32_t) routes.n_used);
        for (int64_t t = 0; t < routes.n_tokens; t++) {
            const int32_t * row = (const int32_t *) ((const char *) routes.ids + (size_t) t * routes.stride);
            trace.insert(trace.end(), row, row + routes.n_used);
        }
    }

    // ---- I/O threads --------------------------------------------------------------------------------------------------

    // The next matrix to read, demand first; false: nothing to do.
    bool take_job(job & next) {
        for (std::deque<job> * queue : { &demand, &idle }) {
            while (!queue->empty()) {
                next = queue->front();
                queue->pop_front();
                if (next.what->state[next.role].load(std::memory_order_relaxed) == QUEUED) {
                    return true;
                }
            }
        }
        return fill_on && fill(next);
    }

    // An expert nobody has asked for yet gets memory nobody uses.
    bool fill(job & next) {
        size_t at = 0;
        for (auto & layer : layers) {
            if (fill_at >= at + layer->n_experts) {
                at += layer->n_experts;
                continue;
            }
            for (; fill_at < at + layer->n_experts; fill_at++) {
                entry & e = layer->entries[fill_at - at];
                if (e.slot >= 0) {
                    continue;
                }
                if (!assign(e, false)) {
                    fill_on = false;
                    return false;
                }
                e.stamp = 0;
                link_oldest(e);
                counters.filled++;
                bool first = true;
                for (int role = 0; role < THIMBLE_ROLE_COUNT; role++) {
                    if (!layer->matrices[role]) {
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
                fill_at++;
                work.notify_one();
                return true;
            }
            at += layer->n_experts;
        }
        fill_on = false;
        return false;
    }

    void io_thread(uint32_t number) {
        std::mt19937 dice(options.seed + 1 + number);
        const size_t room   = whole_pages(read_room(largest_matrix, memory::page));
        void *       bounce = nullptr;

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
            lock.unlock();

            if (fuzz()) {
                std::this_thread::sleep_for(std::chrono::microseconds(dice() % 500));
            }
            if (m.repack && !bounce) {
                bounce = memory::reserve_usable(room, false);
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
                fail(m, got);
                e.state[next.role].store(FAILED, std::memory_order_release);
            } else {
                counters.reads++;
                m.table[e.expert].store(data, std::memory_order_release);
                e.state[next.role].store(READY, std::memory_order_release);
                counters.resident_experts += is_ready(e);
            }
            e.jobs--;
            arrived.notify_all();
        }
        lock.unlock();
        memory::release(bounce, room);
    }

    void fail(const expert_matrix & m, const read_result & got) {
        counters.errors++;
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

    void start_threads() {
        if (!threads.empty()) {
            return;
        }
        const uint32_t n = options.n_io_threads ? std::min(options.n_io_threads, max_io_threads) : default_io_threads;
        for (uint32_t i = 0; i < n; i++) {
            threads.emplace_back([this, i] { io_thread(i); });
        }
    }

    // ---- resizing -----------------------------------------------------------------------------------------------------

    // Gives memory back until no more than `goal` bytes are in use.
    void shrink(std::unique_lock<std::mutex> & lock, uint64_t goal) {
        while (committed > goal) {
            size_t biggest = 0;
            for (size_t i = 1; i < classes.size(); i++) {
                if (warm_bytes(classes[i]) > warm_bytes(classes[biggest])) {
                    biggest = i;
                }
            }
            slot_class & c = classes[biggest];
            int64_t last = (int64_t) c.n - 1;
            while (last >= 0 && !c.warm[last]) {
                last--;
            }
            if (c.free.empty()) {
                if (entry * victim = oldest_free_to_go(c)) {
                    evict(*victim);
                } else {
                    arrived.wait_for(lock, stop_poll); // all are in use or on their way
                    continue;
                }
            }
            if (entry * owner = c.owner[last]) {
                if (!free_to_go(*owner)) {
                    arrived.wait_for(lock, stop_poll);
                    continue;
                }
                const auto lowest = std::min_element(c.free.begin(), c.free.end());
                move(c, *owner, *lowest);
                *lowest = last;
            }
            c.free.erase(std::find(c.free.begin(), c.free.end(), last));
            if (classes.size() == 1) {
                // as one range at the end: parts of a huge page are not given back
                c.warm[last] = false;
                c.cold.push_back(last);
                committed -= c.bytes;
            } else {
                cool_down(c, last);
            }
        }
        if (classes.size() == 1) {
            const slot_class & c = classes[0];
            const size_t kept = std::min<size_t>(c.n, goal / c.bytes); // touched by an earlier resize, never used
            memory::decommit(slot_address(c, (int64_t) kept), (c.n - kept) * c.bytes);
        }
    }

    static uint64_t warm_bytes(const slot_class & c) { return (c.n - c.cold.size()) * c.bytes; }

    void move(slot_class & c, entry & e, int64_t slot) {
        char * from = slot_address(c, e.slot);
        char * to   = slot_address(c, slot);
        memcpy(to, from, c.bytes);
        for (int role = 0; role < THIMBLE_ROLE_COUNT; role++) {
            if (expert_matrix * m = e.layer->matrices[role]) {
                if (const char * data = m->table[e.expert].load(std::memory_order_relaxed)) {
                    m->table[e.expert].store(to + (data - from), std::memory_order_release);
                }
            }
        }
        c.owner[e.slot] = nullptr;
        c.owner[slot]   = &e;
        e.slot          = slot;
    }
};

// ---- expert_matrix ------------------------------------------------------------------------------------------------------

const char * expert_matrix::data(int64_t expert) const {
    const char * found = table[expert].load(std::memory_order_acquire);
    return found ? found : store->zeros();
}

// ---- expert_store -------------------------------------------------------------------------------------------------------

expert_store::expert_store() : impl_(new impl(*this)) {}

expert_store::~expert_store() {
    {
        std::lock_guard<std::mutex> lock(impl_->mutex);
        impl_->ending = true;
    }
    impl_->work.notify_all();
    for (auto & thread : impl_->threads) {
        thread.join();
    }
    impl_->release_classes();
    if (zeros_) {
        memory::release((void *) zeros_, whole_pages(impl_->largest_matrix));
    }
}

std::unique_ptr<expert_store> expert_store::create(const thimble_store_options & options, std::string & error,
                                                   const opener & open) {
    std::unique_ptr<expert_store> store(new expert_store());
    store->impl_->options       = options;
    store->impl_->options.files = nullptr; // the caller's
    store->impl_->random.seed(options.seed);
    for (uint32_t i = 0; i < options.n_files; i++) {
        auto file = open(options.files[i], !(options.flags & THIMBLE_STORE_BUFFERED), error);
        if (!file) {
            return nullptr;
        }
        store->impl_->files.push_back(std::move(file));
    }
    return store;
}

expert_matrix * expert_store::bind(const std::string & name, uint32_t file, uint64_t offset, size_t bytes_per_expert,
                                   uint32_t n_experts, repack_fn repack, std::string & error) {
    static const struct { const char * name; thimble_role role; } roles[] = {
        { "gate", THIMBLE_ROLE_GATE }, { "up", THIMBLE_ROLE_UP },
        { "gate_up", THIMBLE_ROLE_GATE_UP }, { "down", THIMBLE_ROLE_DOWN },
    };
    unsigned number = 0;
    char     kind[16] = "";
    int      end = 0;
    if (sscanf(name.c_str(), "blk.%u.ffn_%15[a-z_]%n", &number, kind, &end) != 2 ||
        strcmp(name.c_str() + end, ".weight") != 0) {
        error = "Not the name of an expert tensor: " + name;
        return nullptr;
    }
    const char * suffix = strstr(kind, "_exps");
    int          role   = -1;
    for (const auto & r : roles) {
        if (suffix && suffix[5] == '\0' && strlen(r.name) == (size_t) (suffix - kind) &&
            strncmp(kind, r.name, suffix - kind) == 0) {
            role = r.role;
        }
    }
    if (role < 0) {
        error = "Not the name of an expert tensor: " + name;
        return nullptr;
    }
    impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    if (s.laid_out) {
        error = "The store is in use already: " + name;
        return nullptr;
    }
    if (file >= s.files.size()) {
        error = "The model has no part " + std::to_string(file + 1) + ": " + name;
        return nullptr;
    }
    if (n_experts == 0 || n_experts > (uint32_t) max_experts || bytes_per_expert == 0) {
        error = "A model with " + std::to_string(n_experts) + " experts in a layer is not supported: " + name;
        return nullptr;
    }
    const uint64_t size = s.files[file]->size();
    if (offset > size || bytes_per_expert > (size - offset) / n_experts) {
        error = "The model file is incomplete: " + s.files[file]->path();
        return nullptr;
    }
    auto at = std::lower_bound(s.layers.begin(), s.layers.end(), number,
                               [](const auto & layer, uint32_t n) { return layer->number < n; });
    if (at == s.layers.end() || (*at)->number != number) {
        at = s.layers.insert(at, std::make_unique<layer_info>());
        (*at)->number    = number;
        (*at)->n_experts = n_experts;
    }
    layer_info & layer = **at;
    if (layer.matrices[role] || layer.n_experts != n_experts) {
        error = "The expert tensors of one layer do not fit together: " + name;
        return nullptr;
    }
    auto matrix         = std::make_unique<expert_matrix>();
    matrix->store       = this;
    matrix->name        = name;
    matrix->layer       = number;
    matrix->role        = (thimble_role) role;
    matrix->file        = file;
    matrix->offset      = offset;
    matrix->bytes       = bytes_per_expert;
    matrix->n_experts   = n_experts;
    matrix->repack      = std::move(repack);
    matrix->table.reset(new std::atomic<const char *>[n_experts]);
    for (uint32_t e = 0; e < n_experts; e++) {
        matrix->table[e].store(nullptr, std::memory_order_relaxed);
    }
    layer.matrices[role] = matrix.get();
    s.largest_matrix     = std::max(s.largest_matrix, bytes_per_expert);
    s.matrices.push_back(std::move(matrix));
    return s.matrices.back().get();
}

bool expert_store::wants_repack(thimble_role role) const {
    return impl_->options.repack >> role & 1;
}

void expert_store::begin(const void * key, const expert_matrix & matrix, const int64_t * counts, int n_threads,
                         const route_ids & routes, stop_fn stop) {
    impl & s = *impl_;
    std::unique_lock<std::mutex> lock(s.mutex);
    if (s.budget == 0) {
        // nobody has said how much memory there is: the least with which it works
        std::string error;
        bool ok = s.lay_out(error);
        const uint64_t least = s.least_bytes();
        lock.unlock();
        if (!ok || !resize(least, error)) {
            fprintf(stderr, "thimble: %s\n", error.c_str());
            abort();
        }
        lock.lock();
    }
    expert_use & u = s.claim(key);
    u.layer     = &s.layer_of(matrix);
    u.matrix    = &matrix;
    u.n_threads = n_threads;
    u.stop      = stop;
    u.stopped   = false;
    u.needed.clear();
    for (uint32_t e = 0; e < matrix.n_experts; e++) {
        if (counts[e] > 0) {
            u.needed.push_back(e);
        }
    }
    if (u.room < u.needed.size()) {
        u.room = matrix.n_experts;
        u.assigned.reset(new std::atomic<uint8_t>[u.room]);
    }
    for (size_t i = 0; i < u.needed.size(); i++) {
        u.assigned[i].store(0, std::memory_order_relaxed);
    }
    u.unassigned = (int) u.needed.size();
    u.streaming  = u.needed.size() * s.class_of(u.layer->entries[0]).bytes > s.budget;
    if (u.layer->first_role < 0) {
        u.layer->first_role = matrix.role;
    }
    if (u.layer->first_role == (int) matrix.role) {
        s.record(*u.layer, routes);
        for (uint32_t e : u.needed) {
            entry & it = u.layer->entries[e];
            const bool hit = it.slot >= 0 && s.is_ready(it);
            it.uses++;
            it.misses += !hit;
            s.counters.uses++;
            (hit ? s.counters.hits : s.counters.misses)++;
        }
    }
    if (s.fuzz()) {
        for (auto & c : s.classes) {
            if (s.random() % 4 == 0) {
                if (entry * victim = s.oldest_free_to_go(c)) {
                    s.evict(*victim);
                }
            }
        }
    }
    u.active.store(n_threads, std::memory_order_release);
    s.end_stall();
    s.running.fetch_add(n_threads);
    s.assign_more(u, true);
}

bool expert_store::resize(uint64_t bytes, std::string & error) {
    impl & s = *impl_;
    std::unique_lock<std::mutex> lock(s.mutex);
    if (!s.lay_out(error)) {
        return false;
    }
    if (s.matrices.empty()) {
        error = "The model has no experts.";
        return false;
    }
    if (!zeros_) {
        zeros_ = (const char *) memory::zeros(whole_pages(s.largest_matrix));
        if (!zeros_) {
            error = "There is no memory for the experts.";
            return false;
        }
    }
    if (bytes < s.least_bytes()) {
        error = "The experts need at least " + mebibytes(s.least_bytes()) + "; " + mebibytes(bytes) + " were given.";
        return false;
    }
    s.start_threads();
    if (bytes < s.budget) {
        s.budget = bytes; // from now on nothing grows
        s.shrink(lock, bytes);
        return true;
    }
    s.budget  = bytes;
    s.fill_on = !(s.options.flags & THIMBLE_STORE_NO_FILL);
    s.fill_at = 0;
    s.work.notify_all();
    s.arrived.notify_all();
    return true;
}

thimble_store_stats expert_store::stats() const {
    const impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    thimble_store_stats stats = s.counters;
    if (s.stall_since) {
        stats.stall_ns += now_ns() - s.stall_since;
    }
    stats.budget_bytes = s.budget;
    stats.n_layers     = (uint32_t) s.layers.size();
    stats.direct_io    = !s.files.empty();
    for (const auto & file : s.files) {
        stats.direct_io = stats.direct_io && file->direct();
    }
    for (const auto & layer : s.layers) {
        // before the first resize, too: it is what that is decided by
        const size_t bytes = s.place_matrices(*layer);
        stats.expert_bytes = std::max<uint64_t>(stats.expert_bytes, bytes);
        stats.total_bytes += bytes * layer->n_experts;
        stats.total_experts += layer->n_experts;
        stats.n_experts = std::max(stats.n_experts, layer->n_experts);
    }
    return stats;
}

uint32_t expert_store::experts(thimble_expert_info * infos, uint32_t count) const {
    const impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    uint32_t n = 0;
    for (const auto & layer : s.layers) {
        for (uint32_t e = 0; e < layer->n_experts; e++, n++) {
            if (n < count) {
                thimble_expert_info info {};
                info.layer  = layer->number;
                info.expert = e;
                if (s.laid_out) {
                    const entry & it = layer->entries[e];
                    info.uses     = it.uses;
                    info.misses   = it.misses;
                    info.resident = it.slot >= 0 && s.is_ready(it);
                }
                infos[n] = info;
            }
        }
    }
    return n;
}

bool expert_store::take_error(std::string & error) {
    impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    failed_.store(false, std::memory_order_relaxed);
    if (s.first_error.empty()) {
        return false;
    }
    error = std::move(s.first_error);
    s.first_error.clear();
    return true;
}

void expert_store::trace_start(uint64_t max_values) {
    impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    s.trace_max = max_values;
    if (max_values) {
        s.trace.clear();
        s.trace_read_at = 0;
    }
}

uint64_t expert_store::trace_read(int32_t * values, uint64_t count) {
    impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    uint64_t copied = 0;
    while (s.trace_read_at < s.trace.size()) {
        const int32_t * record = s.trace.data() + s.trace_read_at;
        const uint64_t  size   = 3 + (uint64_t) record[1] * (uint64_t) record[2];
        if (copied + size > count) {
            break;
        }
        memcpy(values + copied, record, size * sizeof(int32_t));
        copied += size;
        s.trace_read_at += size;
    }
    return copied;
}

// ---- walk ---------------------------------------------------------------------------------------------------------------

walk::walk(expert_store & store, const void * key) : store_(store), use_(store.impl_->find_use(key)) {
    left_ = (int) use_->needed.size();
    memset(done_, 0, ((size_t) left_ + 63) / 64 * sizeof(done_[0]));
}

walk::~walk() {
    abandon();
}

// This thread needs the expert no more; the last thread to say so makes it evictable.
void walk::pass(int position) {
    expert_store::impl & s = *store_.impl_;
    entry & e = use_->layer->entries[use_->needed[position]];
    done_[position / 64] |= 1ull << (position % 64);
    left_--;
    if (e.pins.fetch_sub(1) == 1 && s.starved.load() > 0) {
        std::lock_guard<std::mutex> lock(s.mutex);
        if (use_->unassigned > 0 && !use_->stopped) {
            s.assign_more(*use_, false);
        }
        s.arrived.notify_all();
    }
}

void walk::abandon() {
    if (!use_) {
        return;
    }
    expert_store::impl & s = *store_.impl_;
    if (current_ >= 0) {
        pass(current_);
        current_ = -1;
    }
    std::lock_guard<std::mutex> lock(s.mutex);
    if (left_ > 0) {
        use_->stopped = true; // what has no slot yet gets none: this thread would never pass it
        s.set_starved(*use_, false);
        for (size_t i = 0; i < use_->needed.size(); i++) {
            if (!(done_[i / 64] >> (i % 64) & 1) && use_->assigned[i].load(std::memory_order_relaxed)) {
                use_->layer->entries[use_->needed[i]].pins.fetch_sub(1, std::memory_order_acq_rel);
            }
        }
    }
    if (s.running.fetch_sub(1) == 1 && s.waiting > 0) {
        s.stall_since = now_ns();
    }
    s.arrived.notify_all();
    use_->active.fetch_sub(1, std::memory_order_acq_rel);
    use_ = nullptr;
}

int64_t walk::next() {
    if (!use_) {
        return -1;
    }
    expert_store::impl & s = *store_.impl_;
    if (current_ >= 0) {
        pass(current_);
        current_ = -1;
    }
    const int role = use_->matrix->role;
    const int n    = (int) use_->needed.size();

    const auto find_ready = [&]() {
        for (int i = 0; i < n; i++) {
            if (!(done_[i / 64] >> (i % 64) & 1) && use_->assigned[i].load(std::memory_order_acquire)) {
                const uint8_t state =
                    use_->layer->entries[use_->needed[i]].state[role].load(std::memory_order_acquire);
                if (state == READY || state == FAILED) {
                    return i;
                }
            }
        }
        return -1;
    };

    if (left_ > 0) {
        current_ = find_ready();
        if (current_ < 0) {
            std::unique_lock<std::mutex> lock(s.mutex);
            while ((current_ = find_ready()) < 0) {
                if (use_->stopped || use_->wants_stop()) {
                    lock.unlock();
                    abandon();
                    return -1;
                }
                if (use_->unassigned > 0) {
                    s.assign_more(*use_, false);
                    if ((current_ = find_ready()) >= 0) {
                        break;
                    }
                }
                s.wait(lock);
            }
        }
        return use_->needed[current_];
    }
    abandon();
    return -1;
}

}  // namespace thimble
