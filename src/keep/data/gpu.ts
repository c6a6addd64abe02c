/** What the image will meet: no GPU, NVIDIA's, or any. */
export const GPU_TARGETS = ['none', 'nvidia', 'any'] as const;
export type GpuTarget = (typeof GPU_TARGETS)[number];

/**
 * Libraries that do nothing without a GPU: the driver's interface and the runtime libraries above it. A library that is linked with
 * one of them is for GPUs. They are known by their DT_SONAME and DT_NEEDED, whoever packages them.
 */
export const GPU_LIBRARIES: readonly { soname: RegExp; source: string }[] = [
  {
    soname: /^lib(cuda|nvidia-ml|nvidia-ptxjitcompiler|nvcuvid|nvidia-encode)\.so/,
    source: 'NVIDIA driver README, "Installed Components"',
  },
  {
    soname: /^lib(cudart|cublas|cublasLt|nvblas|cufft|cufftw|curand|cusolver|cusolverMg|cusparse|cufile|cufile_rdma)\.so/,
    source: 'CUDA Toolkit EULA, attachment A (redistributable files)',
  },
  {
    soname: /^lib(npp\w+|nvjpeg|nvrtc|nvrtc-builtins|nvJitLink|nvvm|nvfatbin|cupti|nvperf_host|nvperf_target)\.so/,
    source: 'CUDA Toolkit EULA, attachment A (redistributable files)',
  },
  { soname: /^lib(nccl|nvshmem_host|cusparseLt)\.so/, source: 'installation guides of NCCL, NVSHMEM and cuSPARSELt' },
  {
    soname:
      /^lib(amdhip64|hiprtc|hsa-runtime64|rocblas|hipblas|hipblaslt|MIOpen|rocfft|hipfft|rocsolver|hipsolver|rocsparse|hipsparse|rccl)\.so/,
    source: 'ROCm documentation, "ROCm libraries"',
  },
  // It compiles for AMD's GPUs, and Python code opens it by its path.
  { soname: /^libtriton_amd_codegen\.so/, source: 'Triton, third_party/amd/backend/compiler.py (get_amd_codegen_path)' },
  { soname: /^libze_loader\.so/, source: 'oneAPI Level Zero specification, "Drivers"' },
];

/**
 * Sections with code for GPUs. A file that has one may run without a GPU, too, but where other native code opens it, it is a part of
 * what runs on the GPU. Sources: NVIDIA, "CUDA Binary Utilities" (.nv_fatbin, __nv_relfatbin); LLVM, clang/lib/CodeGen/CGCUDANV.cpp.
 */
export const GPU_SECTIONS: ReadonlySet<string> = new Set([
  '.nv_fatbin',
  '__nv_relfatbin',
  '.nvFatBinSegment',
  '.hip_fatbin',
  '.hipFatBinSegment',
]);

/** The libraries of the drivers, which come with the GPU and not with the image. Sources: as above. */
export const GPU_DRIVERS = /^lib(cuda|nvidia-ml|amdhip64|hsa-runtime64|ze_loader)\.so/;
