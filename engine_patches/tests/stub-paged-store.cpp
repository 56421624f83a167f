// A paged store without ggml: the C API is tested on it.

#include "paged-store.h"

#include "expert-store.h"

namespace thimble {

struct paged_store {
    std::unique_ptr<expert_store> store;
};

paged_store * paged_store_new(std::unique_ptr<expert_store> store) {
    return new paged_store { std::move(store) };
}

void paged_store_free(paged_store * store) {
    delete store;
}

expert_store & paged_store_get(paged_store * store) {
    return *store->store;
}

void * paged_store_buffer_type(paged_store * store) {
    return store;
}

}  // namespace thimble
