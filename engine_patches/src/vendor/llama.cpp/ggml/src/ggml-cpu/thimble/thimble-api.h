#pragma once

// The one door through which Thimble's Python reaches our C++ code.
//
// It is never linked against: ask the CPU backend's registry for it by name, which works with
// dynamically loaded backends too:
//
//     const struct thimble_api * api =
//         ((const struct thimble_api * (*)(void)) ggml_backend_reg_get_proc_address(reg, "thimble_api"))();
//
// Rules of the struct:
//   - fields are only ever appended; a reader uses a field only when `size` covers it
//   - `version` goes up when the meaning of an existing field changes
//   - every function may be called from every thread unless it says otherwise, and none calls back into Python

#include <stdbool.h>
#include <stdint.h>

#ifdef  __cplusplus
extern "C" {
#endif

#define THIMBLE_API_NAME    "thimble_api"
#define THIMBLE_API_VERSION 1

struct thimble_api {
    uint32_t     version; // THIMBLE_API_VERSION
    uint32_t     size;    // sizeof(struct thimble_api) of this build
    const char * build;   // for instance "0.3.36+thimble.1"; static storage

    // A cancel flag: one atomic boolean, born false, that Stop sets from any thread while a graph is computed.
    // A null flag is allowed everywhere and reads as false.
    void * (*cancel_new) (void);                     // null when there is no memory
    void   (*cancel_set) (void * flag, bool cancel); // true: stop, false: ready for the next answer
    bool   (*cancel_get) (const void * flag);
    void   (*cancel_free)(void * flag);              // only when no context uses the flag any more

    // A ggml_abort_callback that reads the flag given as its data:
    // llama_set_abort_callback(ctx, api->abort_callback, flag)
    bool   (*abort_callback)(void * flag);
};

// what the registry hands out under THIMBLE_API_NAME: a function without arguments; the struct is static
typedef const struct thimble_api * (*thimble_api_t)(void);

const struct thimble_api * thimble_api_get(void);

#ifdef  __cplusplus
}
#endif
