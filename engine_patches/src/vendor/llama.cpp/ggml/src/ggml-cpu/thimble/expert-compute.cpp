#include "expert-store-impl.h"

#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace thimble {

bool expert_store::impl::is_ready(const entry & e) const {
    for (int role = 0; role < THIMBLE_ROLE_COUNT; role++) {
        if (e.layer->matrices[role] && e.state[role].load(std::memory_order_relaxed) != READY) {
            return false;
        }
    }
    return true;
}

void expert_store::impl::want(entry & e, int role) {
    const uint8_t s = e.state[role].load(std::memory_order_relaxed);
    if (s == ABSENT || s == FAILED) {
        e.state[role].store(QUEUED, std::memory_order_relaxed);
        e.jobs++;
    } else if (s != QUEUED) {
        return;
    }
    demand.push_back({ &e, (thimble_role) role }); // one that idle threads had queued is asked for twice
}

void expert_store::impl::assign_more(expert_use & u, bool first_time) {
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
        if (!assign(e, ANYBODY)) {
            break;
        }
        adopt(u, i, e, fresh);
    }
    set_starved(u, u.unassigned > 0 && !u.stopped);
    if (fresh.empty()) {
        return;
    }
    if (u.streaming) {
        for (const expert_matrix * m : { u.matrix, u.also }) {
            for (entry * e : fresh) {
                if (m) {
                    want(*e, m->role);
                }
            }
        }
        work.notify_all();
    } else {
        queue_reads(*u.layer, fresh, u.matrix->role);
    }
}

// The layer's matrices are needed for certain; those that come first in the graph are read first.
void expert_store::impl::queue_reads(const layer_info & layer, const std::vector<entry *> & experts, int first_role) {
    for (int at = 0; at < THIMBLE_ROLE_COUNT; at++) {
        const int role = (first_role + at) % THIMBLE_ROLE_COUNT;
        if (layer.matrices[role]) {
            for (entry * e : experts) {
                want(*e, role);
            }
        }
    }
    work.notify_all();
}

void expert_store::impl::forget_queued() {
    for (std::deque<job> * queue : { &demand, &idle }) {
        std::deque<job> kept;
        for (const job & it : *queue) {
            entry & e = *it.what;
            if (e.pins.load(std::memory_order_acquire) > 0) {
                kept.push_back(it);
            } else if (e.state[it.role].load(std::memory_order_relaxed) == QUEUED) {
                e.state[it.role].store(ABSENT, std::memory_order_relaxed);
                e.jobs--;
            }
        }
        queue->swap(kept);
    }
    ahead.clear();
}

void expert_store::impl::set_starved(expert_use & u, bool is) {
    if (u.starved != is) {
        u.starved = is;
        starved.fetch_add(is ? 1 : -1);
    }
}

void expert_store::impl::adopt(expert_use & u, size_t position, entry & e, std::vector<entry *> & fresh) {
    e.pins.fetch_add(u.n_threads, std::memory_order_relaxed);
    u.unassigned--;
    if (u.state_of(e) != READY || (!u.streaming && !is_ready(e))) {
        fresh.push_back(&e);
    }
    u.assigned[position].store(1, std::memory_order_release);
}

void expert_store::impl::wait(std::unique_lock<std::mutex> & lock) {
    waiting++;
    if (running.fetch_sub(1) == 1) {
        stall_since = now_ns();
        note(THIMBLE_EVENT_STALL);
    }
    arrived.wait_for(lock, stop_poll);
    end_stall();
    running.fetch_add(1);
    waiting--;
}

void expert_store::impl::end_stall() {
    if (stall_since) {
        counters.stall_ns += now_ns() - stall_since;
        stall_since = 0;
        note(THIMBLE_EVENT_GO);
    }
}

expert_use * expert_store::impl::find_use(const void * key) {
    for (auto & u : uses) {
        if (u.claimed.load(std::memory_order_acquire) == key) {
            return &u;
        }
    }
    return nullptr;
}

expert_use & expert_store::impl::claim(const void * key) {
    expert_use * found = find_use(key);
    for (int i = 0; !found && i < max_uses; i++) {
        if (uses[i].active.load(std::memory_order_acquire) == 0) {
            found = &uses[i];
        }
    }
    if (!found) {
        fprintf(stderr, "thimble: more than %d contexts compute with one model at once\n", max_contexts);
        abort();
    }
    assert(found->active.load() == 0);
    found->key = key;
    found->claimed.store(key, std::memory_order_release);
    return *found;
}

void expert_store::begin(const void * key, const expert_matrix & matrix, const int64_t * counts, int n_threads,
                         const route_ids & routes, stop_fn stop, const expert_matrix * also) {
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
    u.also      = also;
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
        if (!u.layer->acquires) {
            s.note_uses(*u.layer, u.needed, routes);
        }
        for (uint32_t e : u.needed) {
            entry & it = u.layer->entries[e];
            const bool ready = s.is_ready(it);
            s.counters.in_time += it.missed && u.layer->acquires && ready;
            s.counters.late += it.late && !ready;
            it.missed = false;
            it.late   = false;
        }
    }
    if (s.fuzz()) {
        for (auto & c : s.classes) {
            if (s.random() % 4 == 0) {
                if (entry * victim = s.any_free_to_go(c, false)) {
                    s.evict(*victim);
                }
            }
        }
    }
    s.note(THIMBLE_EVENT_OP_BEGIN, u.layer->number, 0, matrix.role);
    u.active.store(n_threads, std::memory_order_release);
    s.end_stall();
    s.running.fetch_add(n_threads);
    s.assign_more(u, true);
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
        s.forget_queued(); // the next answer is not to wait for what this one wanted
    }
    if (s.running.fetch_sub(1) == 1 && s.waiting > 0) {
        s.stall_since = now_ns();
        s.note(THIMBLE_EVENT_STALL);
    }
    s.arrived.notify_all();
    if (use_->active.load(std::memory_order_relaxed) == 1) {
        s.note(THIMBLE_EVENT_OP_END, use_->layer->number, 0, use_->matrix->role);
    }
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
    const int n = (int) use_->needed.size();

    uint8_t seen = READY; // state of what was found: it may be asked for again meanwhile
    const auto find_ready = [&]() {
        for (int i = 0; i < n; i++) {
            if (!(done_[i / 64] >> (i % 64) & 1) && use_->assigned[i].load(std::memory_order_acquire)) {
                const uint8_t state = use_->state_of(use_->layer->entries[use_->needed[i]]);
                if (state == READY || state == FAILED) {
                    seen = state;
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
        entry & e = use_->layer->entries[use_->needed[current_]];
        if (seen == FAILED) {
            std::lock_guard<std::mutex> lock(s.mutex);
            s.fail(*use_->matrix, e.failure);
        }
        return use_->needed[current_];
    }
    abandon();
    return -1;
}

}  // namespace thimble
