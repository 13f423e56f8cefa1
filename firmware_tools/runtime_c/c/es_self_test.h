/* The self-test at boot: the networks compute what the reference kernels computed when the firmware was built. */
#ifndef ES_SELF_TEST_H
#define ES_SELF_TEST_H

#include "es_engine.h"

bool es_self_test_detector(const struct es_networks *networks);
bool es_self_test_embedder(const struct es_networks *networks);

#endif
