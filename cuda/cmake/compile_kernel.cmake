# Compiles one .cu file and fails when ptxas reports a register spill: a spill in a kernel is a performance bug that no
# CPU test would show.
execute_process(
    COMMAND "${NVCC}" -std=c++17 -O3 --fatbin --no-compress ${TARGETS} -Xptxas -v -Werror all-warnings
            "-I${INCLUDE}" -MD -MF "${DEPFILE}" -o "${BINARY}" "${SOURCE}"
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE errors)
if(NOT result EQUAL 0)
    file(REMOVE "${BINARY}")
    message(FATAL_ERROR "nvcc failed on ${SOURCE}\n${output}${errors}")
endif()
string(REGEX MATCHALL "Compiling entry function '[^']*'[^\n]*\n[^\n]*\n[^\n]*bytes spill stores" entries "${errors}")
foreach(entry IN LISTS entries)
    if(entry MATCHES "'([^']*)' for '([^']*)'.* ([1-9][0-9]*) bytes spill stores")
        file(REMOVE "${BINARY}")
        message(FATAL_ERROR
            "${SOURCE}: kernel ${CMAKE_MATCH_1} spills ${CMAKE_MATCH_3} bytes of registers on ${CMAKE_MATCH_2}")
    endif()
endforeach()
