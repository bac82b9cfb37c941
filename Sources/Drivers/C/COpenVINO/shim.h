// OpenVINO's C API, as the runtime's own package ships it; no variadic call is used, so nothing needs a wrapper.
#ifndef HEARTH_COPENVINO_H
#define HEARTH_COPENVINO_H

#include <openvino/c/openvino.h>

#endif
