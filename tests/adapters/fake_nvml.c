/* A stand-in for NVIDIA's management library with the entry points that the gpu probe uses.

   GPUS is how many devices there are. FAULTS gives functions a return code, as in
   "nvmlDeviceGetPowerUsage:3 nvmlInitWithFlags:18". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { unsigned index; } Device;
typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned gpu, memory; } Utilization;

static Device devices[16];

static int code(const char *function)
{
    const char *faults = getenv("FAULTS");
    size_t length = strlen(function);
    while (faults && (faults = strstr(faults, function))) {
        if (faults[length] == ':')
            return atoi(faults + length + 1);
        faults += length;
    }
    return 0;
}

static unsigned gpus(void)
{
    const char *text = getenv("GPUS");
    return text ? (unsigned)atoi(text) : 1;
}

int nvmlInitWithFlags(unsigned flags) { (void)flags; return code(__func__); }
int nvmlShutdown(void) { return code(__func__); }

int nvmlDeviceGetCount_v2(unsigned *count)
{
    *count = gpus();
    return code(__func__);
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, Device **device)
{
    if (index >= gpus())
        return 2;
    devices[index].index = index;
    *device = &devices[index];
    return code(__func__);
}

int nvmlDeviceGetUtilizationRates(Device *device, Utilization *rates)
{
    rates->gpu = 40 + device->index;
    rates->memory = 7;
    return code(__func__);
}

int nvmlDeviceGetMemoryInfo(Device *device, Memory *memory)
{
    (void)device;
    memory->total = 80ULL << 30;
    memory->used = 20ULL << 30;
    memory->free = memory->total - memory->used;
    return code(__func__);
}

int nvmlDeviceGetTemperature(Device *device, int sensor, unsigned *celsius)
{
    (void)device;
    *celsius = sensor == 0 ? 91 : 0;
    return code(__func__);
}

int nvmlDeviceGetPowerUsage(Device *device, unsigned *milliwatts)
{
    (void)device;
    *milliwatts = 250500;
    return code(__func__);
}

#ifndef OLD_DRIVER
int nvmlDeviceGetTotalEccErrors(Device *device, int type, int counter, unsigned long long *n)
{
    (void)device;
    *n = type == 1 && counter == 0 ? 2 : 0;
    return code(__func__);
}
#endif
