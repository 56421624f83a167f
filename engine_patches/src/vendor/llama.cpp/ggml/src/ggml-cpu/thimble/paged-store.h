#pragma once

// A store with its buffer type, as the C API hands it out. No ggml here, so that the C API can be tested without it.

#include <memory>

namespace thimble {

class expert_store;
struct paged_store;

paged_store *  paged_store_new(std::unique_ptr<expert_store> store);
void           paged_store_free(paged_store * store);
expert_store & paged_store_get(paged_store * store);
void *         paged_store_buffer_type(paged_store * store); // a ggml_backend_buffer_type_t

}  // namespace thimble
